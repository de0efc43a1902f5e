// For tests: every answer of an app is held to the schema that the API's document has of it.
import type { FastifyInstance, InjectOptions } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { createOperations, type Operation } from '../api/operations.ts';
import { problemSchema } from '../api/problem-schema.ts';
import { streamEventSchemas } from '../api/stream-event-schema.ts';
import { type Definition, definition } from '../schemas/definition.ts';

/** Throws for a value that the schema does not have. */
function createHold(): (name: string, schema: TSchema, value: unknown) => void {
  const compiled = new Map<string, ReturnType<typeof Compile>>();
  return (name, schema, value) => {
    let check = compiled.get(name);
    if (!check) compiled.set(name, (check = Compile(schema)));
    if (check.Check(value)) return;
    const faults = check.Errors(value).map(({ instancePath, message }) => `${instancePath} ${message}`);
    throw new Error(`${name} is not as documented: ${faults.join('; ')}\n${JSON.stringify(value).slice(0, 2_000)}`);
  };
}

/** From now on what `inject` answers under /v1 must be as documented, byte for byte as JSON reads it. */
export function holdToDocument(app: FastifyInstance, of: Definition): void {
  const operations = Object.values<Operation>(createOperations(of)).map((operation) => ({
    operation,
    matches: new RegExp(`^${operation.route.replaceAll(/:\w+/g, '[^/]+')}$`),
  }));
  const hold = createHold();
  const inject = app.inject.bind(app) as (request: InjectOptions | string) => ReturnType<FastifyInstance['inject']>;
  app.inject = (async (request: InjectOptions | string) => {
    const response = await inject(request);
    const { method = 'GET', url = '/' } = typeof request === 'string' ? { url: request } : request;
    const path = typeof url === 'string' ? url.split('?')[0]! : url.pathname;
    const route = `${method.toUpperCase()} ${path}`;
    const { statusCode: status } = response;
    const type = (response.headers['content-type'] ?? '').split(';')[0]!;
    const operation = operations.find(({ matches }) => matches.test(route))?.operation;
    // An address that no route took may look like one: /v1/reports/%2e%2e.
    if (!operation || (status === 404 && response.json<{ code: string }>().code === 'not-found')) {
      if (type.startsWith('application/problem')) hold('problem', problemSchema(), response.json());
      return response;
    }
    const name = `${status} ${type} of ${route}`;
    const documented = operation.response[status];
    if (!documented) throw new Error(`${name} is not documented: ${response.body.slice(0, 500)}`);
    const schema = documented.content?.[type]?.schema;
    if (schema) hold(name, schema, type.endsWith('json') ? response.json() : response.body);
    else if (documented.type !== 'null') throw new Error(`${name} is not documented`);
    return response;
  }) as typeof app.inject;
}

/** The same for an event of a stream. */
export function createEventHold(): (name: string, data: unknown) => void {
  const schemas: Readonly<Record<string, TSchema>> = streamEventSchemas(definition);
  const hold = createHold();
  return (name, data) => {
    const schema = schemas[name];
    if (!schema) throw new Error(`there is no event ${name}`);
    hold(`event ${name}`, schema, data);
  };
}
