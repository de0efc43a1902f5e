// The dashboard's files: what a browser may do with them, how long it keeps them, and that nothing else is given away.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpServer } from '../runtime/http-server.ts';
import { createLogger } from '../runtime/logger.ts';
import { registerDashboardRoutes } from './dashboard-routes.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-routes-'));
const built = join(folder, 'built');
let app: FastifyInstance;

function appWith(dashboardFolder: string): FastifyInstance {
  const made = createHttpServer({ log: createLogger('test', 'silent'), waitingFor: () => undefined });
  registerDashboardRoutes(made, dashboardFolder);
  return made;
}

beforeAll(() => {
  mkdirSync(join(built, 'assets'), { recursive: true });
  writeFileSync(join(built, 'index.html'), '<!doctype html><title>Tidemark</title>');
  writeFileSync(join(built, 'assets/main-abcdefgh.js'), 'console.log(1)');
  writeFileSync(join(built, 'assets/main-abcdefgh.js.br'), 'compressed');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  app = appWith(built);
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('dashboard routes', () => {
  test.each(['/', '/?range=today&where.store=x', '/pipeline', '/reports'])(
    '%s is the page, asked for anew',
    async (url) => {
      const { statusCode, headers, body } = await app.inject(url);
      expect([statusCode, headers['content-type'], headers['cache-control']]).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-cache',
      ]);
      expect(body).toContain('Tidemark');
    },
  );

  test.each(['/', '/assets/main-abcdefgh.js', '/assets/none.js'])(
    '%s may load from its own origin alone, and nothing inline',
    async (url) => {
      const { headers } = await app.inject(url);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    },
  );

  test('what has a hash in its name is kept for good, and sent compressed where that is taken', async () => {
    const url = '/assets/main-abcdefgh.js';
    const plain = await app.inject(url);
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(plain.body).toBe('console.log(1)');
    const { headers, body } = await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } });
    expect([headers['content-encoding'], body]).toEqual(['br', 'compressed']);
    expect(headers['content-type']).toMatch(/^(text|application)\/javascript/);
  });

  test('a file of another build is told as missing, and that is kept by nobody; its page answers HEAD', async () => {
    const { statusCode, headers } = await app.inject('/assets/main-12345678.js');
    expect([statusCode, headers['cache-control']]).toEqual([404, undefined]);
    const head = await app.inject({ method: 'HEAD', url: '/pipeline' });
    expect([head.statusCode, head.body]).toEqual([200, '']);
  });

  test.each([
    '/assets/../index.html',
    '/assets/../../secret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%5c..%5c..%5csecret.txt',
    '/assets/',
    '/secret.txt',
    '/index.html',
  ])('%s gives nothing away', async (url) => {
    const { statusCode, headers, body } = await app.inject(url);
    expect(statusCode).toBeGreaterThanOrEqual(400);
    expect(statusCode).toBeLessThan(500);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(body).not.toContain('<!doctype');
    expect(body).not.toMatch(/"secret"|^secret/);
  });

  test('where it is not built, its pages say which command builds it, and it is there as soon as it is', async () => {
    const later = join(folder, 'later');
    const bare = appWith(later);
    const missing = await bare.inject('/');
    expect([missing.statusCode, missing.json<{ code: string }>().code]).toEqual([503, 'dashboard-not-built']);
    expect(missing.body).toContain('node dashboard/build.ts');
    expect((await bare.inject('/assets/x.js')).statusCode).toBe(404);
    mkdirSync(later);
    writeFileSync(join(later, 'index.html'), 'built');
    expect((await bare.inject('/')).body).toBe('built');
    await bare.close();
  });
});
