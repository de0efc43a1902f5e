// The parameters of an address as the document that a body would be, so that both are held to one schema: comma lists
// become lists, digits a number, true and false what they are. What does not fit stays text.
import type { TObject } from 'typebox';
import { badParameter } from '../runtime/problem.ts';

export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What of a schema of fields an address needs to know; objects of lists are filters, `where.store=`. */
interface Field {
  readonly type: 'string' | 'array' | 'boolean' | 'integer' | 'object';
  readonly properties?: Readonly<Record<string, Field>>;
}

/** Throws a 400 problem for parameters that there are not, and for one that is given twice. */
export function inputOfParameters(parameters: Parameters, schema: TObject): Record<string, unknown> {
  const fields = schema.properties as Readonly<Record<string, Field>>;
  const input: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    const dot = name.indexOf('.');
    const kind = dot < 0 ? name : name.slice(0, dot);
    const field = Object.hasOwn(fields, kind) ? fields[kind]! : undefined;
    if (!field || (field.type === 'object') !== dot >= 0) throw unknownParameter(name, value, fields);
    if (dot >= 0) {
      const dimension = name.slice(dot + 1);
      const known = field.properties ?? {};
      if (!Object.hasOwn(known, dimension)) {
        throw badParameter('unknown-dimension', name, value, `${kind}. and one of ${Object.keys(known).join(', ')}`);
      }
      const filter = (input[kind] ??= {}) as Record<string, unknown>;
      filter[dimension] = typeof value === 'string' ? [value] : value;
    } else {
      if (typeof value !== 'string') throw badParameter('duplicate-parameter', name, value, 'to be given once');
      input[name] = readText(field, value);
    }
  }
  return input;
}

function unknownParameter(name: string, value: unknown, fields: Readonly<Record<string, Field>>) {
  return badParameter('unknown-parameter', name, value, `one of ${parameterNames(fields).join(', ')}`);
}

/** As an address has them: filters by dimension last. */
function parameterNames(fields: Readonly<Record<string, Field>>): string[] {
  const plain = Object.keys(fields).filter((name) => fields[name]!.type !== 'object');
  const filters = Object.entries(fields).filter(([, { type }]) => type === 'object');
  const of = ([kind, { properties = {} }]: [string, Field]) => Object.keys(properties).map((name) => `${kind}.${name}`);
  return [...plain, ...filters.flatMap(of)];
}

function readText({ type }: Field, text: string): unknown {
  switch (type) {
    case 'array':
      return text === '' ? [] : text.split(',');
    case 'integer':
      return /^\d{1,15}$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'string':
    case 'object':
      return text;
    default:
      return type satisfies never;
  }
}
