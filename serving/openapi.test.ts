// The API's document: complete both ways, valid, and its examples are answered; the page to try it loads nothing from elsewhere.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import { afterAll, describe, expect, test } from 'vitest';
import { exampleQueries } from '../api/examples.ts';
import { createOperations, type Operation } from '../api/operations.ts';
import { definition } from '../schemas/definition.ts';
import { createEventHold } from './test-answers.ts';
import { createTestApp } from './test-app.ts';

const nowMs = Date.UTC(2017, 11, 31);
const item = { sku: 'tea', name: null, category: 'food', quantity: 2, amountMinor: 5 };
const reportsDir = mkdtempSync(join(tmpdir(), 'tidemark-openapi-'));
afterAll(() => rmSync(reportsDir, { recursive: true, force: true }));
const { app, get, post } = createTestApp({
  reportsDir,
  nowMs,
  batch: [{ occurredAt: nowMs - 86_400_000 }],
  live: [{ occurredAt: nowMs - 60_000, storeId: 'east', items: [item] }],
});

type Document = Record<string, ReturnType<typeof JSON.parse>>;
const document = async (): Promise<Document> => (await app.inject('/v1/openapi.json')).json();
const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const operations = ({ paths }: Document) =>
  Object.entries(paths as Record<string, Document>).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation: operation as Document })),
  );

/** From the tree that Fastify prints: a branch goes on where its parent ends. */
function registeredRoutes(): string[] {
  const parents: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', end = '', on = ''] = /^(.*?)── (\S*)(?: \((.+)\))?/.exec(line) ?? [];
      const depth = Math.floor(indent.length / 4);
      const path = (parents[depth - 1] ?? '') + end;
      parents.splice(depth, Number.POSITIVE_INFINITY, path);
      return on.split(', ').flatMap((method) => (method === '' ? [] : [`${method} ${path}`]));
    });
}

describe('the document', () => {
  test('has every route of the API, and no other', async () => {
    const told = operations(await document()).map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    const routes = Object.values<Operation>(createOperations(definition)).map(({ route }) => route);
    const documented = routes.map((route) => route.replaceAll(/:(\w+)/g, '{$1}'));
    expect(told.toSorted()).toEqual(documented.toSorted());
    for (const route of routes) {
      const [method, url] = route.split(' ') as ['GET' | 'POST', string];
      expect(app.hasRoute({ method, url }), route).toBe(true);
    }
    const served = registeredRoutes().filter((route) => /^(?!HEAD)\w+ \/v1\//.test(route));
    expect(served.toSorted()).toEqual(routes.toSorted());
  });

  test('is OpenAPI 3.1: its parts are there, its references lead somewhere, its names are unique', async () => {
    const made = await document();
    expect(made).toMatchObject({ openapi: '3.1.0', info: { title: 'Tidemark', version: expect.any(String) } });
    expect(Object.keys(made).toSorted()).toEqual(['components', 'info', 'openapi', 'paths', 'servers', 'tags']);
    const text = JSON.stringify(made);
    const names = new Set([...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!));
    expect([...names].toSorted()).toEqual(Object.keys(made['components'].schemas).toSorted());
    expect(text.match(/"\$ref":"(?!#\/components\/schemas\/)/)).toBeNull();
    const ids = operations(made).map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations(made)) {
      expect(methods).toContain(method);
      expect(operation['summary'], path).toEqual(expect.any(String));
      const parameters: Document[] = operation['parameters'] ?? [];
      const keys = parameters.map((parameter) => `${parameter['in']} ${parameter['name']}`);
      expect(new Set(keys).size).toBe(keys.length);
      for (const parameter of parameters) {
        expect(['query', 'header', 'path']).toContain(parameter['in']);
        expect(parameter).toMatchObject({ name: expect.any(String), schema: expect.any(Object) });
        expect(parameter['description'], parameter['name']).toEqual(expect.any(String));
      }
      for (const [status, response] of Object.entries(operation['responses'] as Record<string, Document>)) {
        expect(status).toMatch(/^[2-5]\d\d$/);
        expect(response['description']).toEqual(expect.any(String));
        for (const media of Object.values(response['content'] ?? {})) expect(media).toHaveProperty('schema');
      }
      for (const scheme of (operation['security'] ?? []) as Document[]) {
        expect(Object.keys(made['components'].securitySchemes)).toEqual(expect.arrayContaining(Object.keys(scheme)));
      }
    }
    for (const schema of Object.values(made['components'].schemas))
      expect(() => Compile(schema as object)).not.toThrow();
  });

  test('every example of parameters together is a query that is answered', async () => {
    const made = await document();
    for (const path of ['/v1/query', '/v1/stream']) {
      const parameters: Document[] = made['paths'][path].get.parameters;
      const given = parameters.filter(({ example }) => example !== undefined);
      expect(given.map(({ name }) => name)).toEqual(['measures', 'by']);
      const search = new URLSearchParams(given.map(({ name, example }): [string, string] => [name, example.join(',')]));
      expect(await get(search.toString())).toMatchObject({ status: 200 });
    }
  });

  test.each(Object.entries(exampleQueries))('the example %s is answered', async (_name, query) => {
    const { status, body } = await post(query);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.rows.length).toBeGreaterThan(0);
  });

  test('every example of an answer is as its schema says', () => {
    const holdEvent = createEventHold();
    for (const { operationId, response } of Object.values<Operation>(createOperations(definition))) {
      for (const [status, { content = {} }] of Object.entries(response)) {
        for (const [type, { schema, example }] of Object.entries(content)) {
          if (example === undefined) continue;
          expect(Compile(schema).Errors(example), `${operationId} ${status} ${type}`).toEqual([]);
          if (type !== 'text/event-stream') continue;
          const events = [...(example as string).matchAll(/^event: (\w+)\nid: \S+\ndata: (.+)$/gm)];
          expect(events.map(([, name]) => name)).toEqual(['state', 'change']);
          for (const [, name, data] of events) holdEvent(name!, JSON.parse(data!));
        }
      }
    }
  });

  test('docs/errors.md has every code with its status', () => {
    const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
    const described = new Map<string, string>();
    for (const [, code, status] of page.matchAll(/^\| `([a-z-]+)` +\| (\d\d\d|4xx) +\|/gm))
      described.set(code!, status!);
    const told = Object.values<Operation>(createOperations(definition)).flatMap(({ response }) =>
      Object.entries(response).flatMap(([status, { content = {} }]) => {
        const problem = content['application/problem+json']?.schema as Document | undefined;
        const codes: string[] = problem?.['properties'].code.enum ?? [];
        return codes.map((code) => [code, status] as const);
      }),
    );
    for (const [code, status] of told) {
      if (code === 'bad-request') expect(described.get(code)).toBe('4xx');
      else if (described.has(code)) expect(described.get(code), code).toBe(status);
      else expect(['wrong-type', 'unknown-value', 'malformed-json']).toContain(code);
    }
    const ofQueries = page.slice(page.indexOf('## Queries and operations'), page.indexOf('## In the client'));
    const codes = new Set(told.map(([code]) => code));
    const ofNoOperation = ['not-found', 'dashboard-not-built'];
    for (const [, code] of ofQueries.matchAll(/^\| `([a-z-]+)`/gm))
      if (!ofNoOperation.includes(code!)) expect(codes).toContain(code);
  });
});

describe('the page to try it', () => {
  test('loads its parts from this server alone, under a strict policy', async () => {
    const page = await app.inject('/docs');
    expect(page.statusCode).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe/);
    const parts = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part!);
    expect(parts.length).toBeGreaterThanOrEqual(5);
    expect(page.body).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=/);
    for (const part of parts) {
      expect(part).toMatch(/^\/docs\/static\//);
      expect((await app.inject(part)).statusCode, part).toBe(200);
    }
    expect((await app.inject('/docs/json')).json()).toEqual(await document());
  });
});
