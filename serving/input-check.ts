// Input held to a schema that is compiled once. What does not fit is a 400 problem that names field, value and what was
// expected, made from the schema's own words.
import type { Static, TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { badParameter, type Problem } from '../runtime/problem.ts';

export interface InputCheck<S extends TObject> {
  readonly schema: S;
  /** Throws a 400 problem for the first thing that is wrong, fields that there are not before all else. */
  accept(input: unknown): Static<S>;
}

/** Codes for a name that the field does not know; else it is an unknown value. */
const unknownCodes: Readonly<Record<string, string>> = {
  measures: 'unknown-measure',
  by: 'unknown-dimension',
  window: 'unknown-window',
  attribution: 'unknown-attribution',
};

export function createInputCheck<S extends TObject>(schema: S): InputCheck<S> {
  const compiled = Compile(schema);
  return {
    schema,
    accept(input) {
      if (compiled.Check(input)) return input;
      // Of many faults only the first few are told.
      const faults = compiled.Errors(input);
      throw problemOf(faults.find(isUnknownField) ?? faults[0]!, schema as TSchema as Node, input);
    },
  };
}

interface Fault {
  /** Of JSON Schema; boolean: a field that the object does not have. */
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
}

function isUnknownField({ keyword, instancePath }: Fault): boolean {
  return keyword === 'boolean' && instancePath.lastIndexOf('/') === 0;
}

/** As much of JSON Schema as the schemas of input use. */
interface Node extends TSchema {
  readonly type: 'string' | 'array' | 'boolean' | 'integer' | 'object';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The field that a fault is in, `where.store`, and the place in its list, if it is in one. */
interface Place {
  readonly field: string;
  readonly node: Node;
  readonly value: unknown;
  readonly list?: { readonly node: Node; readonly value: unknown };
}

function placeOf(path: readonly string[], schema: Node, input: unknown): Place {
  let place: Place = { field: '', node: schema, value: input };
  for (const name of path) {
    const { field, node, value } = place;
    const inner: unknown = (value as Record<string, unknown>)[name];
    place = node.items
      ? { field, node: node.items, value: inner, list: { node, value } }
      : { field: field === '' ? name : `${field}.${name}`, node: node.properties![name]!, value: inner };
  }
  return place;
}

function problemOf(fault: Fault, schema: Node, input: unknown): Problem {
  const unescape = (name: string) => name.replaceAll('~1', '/').replaceAll('~0', '~');
  const path = fault.instancePath.split('/').slice(1).map(unescape);
  const name = fault.keyword === 'boolean' ? path.pop()! : '';
  const { field, node, value, list } = placeOf(path, schema, input);
  switch (fault.keyword) {
    case 'boolean': {
      const [known, given] = [Object.keys(node.properties ?? {}).join(', '), (value as Record<string, unknown>)[name]];
      if (field === '') return badParameter('unknown-parameter', name, given, `one of ${known}`);
      return badParameter('unknown-dimension', `${field}.${name}`, given, `${field}. and one of ${known}`);
    }
    case 'required': {
      const [absent = ''] = (fault.params as { requiredProperties: readonly string[] }).requiredProperties;
      return badParameter('missing-parameter', absent, undefined, someOf(node.properties![absent]!));
    }
    case 'type': {
      if (field === '') {
        const example = 'an object such as {"measures": ["orders"], "by": ["store"]}';
        return badParameter('bad-body', '(body)', value, example);
      }
      const at = list ?? { node, value };
      return badParameter(isOtherValue(node, value) ? 'bad-value' : 'wrong-type', field, at.value, kindOf(at.node));
    }
    case 'enum':
      return badParameter(unknownCodes[field] ?? 'unknown-value', field, value, `one of ${node.enum!.join(', ')}`);
    case 'uniqueItems': {
      const [index = 0] = (fault.params as { duplicateItems: readonly number[] }).duplicateItems;
      return badParameter('duplicate-value', field, (value as readonly unknown[])[index], 'each name once');
    }
    case 'minItems':
      return badParameter(
        schema.required?.includes(field) ? 'missing-parameter' : 'bad-value',
        field,
        value,
        someOf(node),
      );
    default:
      return badParameter('bad-value', field, value, node.minimum === undefined ? node.description! : kindOf(node));
  }
}

/** A text or a number that is none of the field's: a value of the wrong kind, where the type alone is not at fault. */
function isOtherValue({ type }: Node, value: unknown): boolean {
  if (type === 'boolean') return typeof value === 'string';
  return type === 'integer' && (typeof value === 'string' || typeof value === 'number');
}

function someOf({ items, description }: Node): string {
  return items?.enum ? `one or more of ${items.enum.join(', ')}` : description!;
}

function kindOf({ type, minimum, maximum, description }: Node): string {
  switch (type) {
    case 'string':
      return 'a text';
    case 'array':
      return 'a list of texts';
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number from ${minimum} to ${maximum}`;
    case 'object':
      return description!;
    default:
      return type satisfies never;
  }
}
