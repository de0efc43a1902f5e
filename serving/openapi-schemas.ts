// The last touch on the API's document: schemas that have a title are told once, under that name, and lists in an address
// are separated by commas. Pure.

type Json = unknown;
interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly schema?: { readonly type?: string };
  explode?: boolean;
}

interface Document {
  components?: { schemas?: object };
  paths?: object;
}

export function hoistSchemas<T extends Document>(document: T): T {
  const named: Record<string, Json> = {};
  const hoisted = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(hoisted);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([name, inner]) => [name, isExample(name) ? inner : hoisted(inner)]);
    const made = Object.fromEntries(entries) as { readonly title?: unknown };
    if (isListParameter(made)) return { ...made, explode: false };
    if (typeof made.title !== 'string') return made;
    named[made.title] ??= made;
    return { $ref: `#/components/schemas/${made.title}` };
  };
  const paths = hoisted(document.paths) as object;
  return { ...document, paths, components: { ...document.components, schemas: named } };
}

function isExample(name: string): boolean {
  return name === 'example' || name === 'examples';
}

/** `by=store,channel`; filters are repeated instead. */
function isListParameter(value: object): boolean {
  const { in: place, name, schema } = value as Partial<Parameter>;
  return place === 'query' && schema?.type === 'array' && name?.includes('.') === false;
}
