// What every service's HTTP server refuses, over a socket where the refusal comes before there is a request.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { createHttpServer, listen } from './http-server.ts';
import { createLogger } from './logger.ts';
import { badParameter } from './problem.ts';

const apps: { close(): PromiseLike<unknown> }[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function open() {
  const app = createHttpServer({ log: createLogger('test', 'silent'), waitingFor: () => undefined });
  app.post('/echo', ({ body }) => {
    throw badParameter('bad-body', '(body)', body, 'something else');
  });
  apps.push(app);
  return app;
}

async function openPort(host: string): Promise<number> {
  return Number(new URL(await listen(open(), host, 0)).port);
}

async function get(port: number, host: string, path = '/livez') {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request({ host: '127.0.0.1', port, path, headers: { host } }, resolve).on('error', reject).end();
  const answer = await promise;
  return { status: answer.statusCode, body: JSON.parse(await text(answer)) as Record<string, unknown> };
}

describe('the name that a request is sent to', () => {
  test.each(['127.0.0.1', 'localhost', 'LOCALHOST:80', '[::1]:9', '127.0.0.1:8080'])(
    '%s is a name of loopback',
    async (host) => {
      expect(await get(await openPort('127.0.0.1'), host)).toMatchObject({ status: 200 });
    },
  );

  test.each(['attacker.example', 'attacker.example:8080', 'localhost.attacker.example', '127.0.0.1.attacker.example'])(
    '"%s" is refused where the server listens on loopback, on every path',
    async (host) => {
      const port = await openPort('127.0.0.1');
      for (const path of ['/livez', '/nothing']) {
        const { status, body } = await get(port, host, path);
        expect(status).toBe(403);
        expect(body).toMatchObject({ code: 'forbidden-host', field: 'host', value: host });
      }
    },
  );

  test('is free where the server listens for others', async () => {
    expect(await get(await openPort('0.0.0.0'), 'tidemark.example')).toMatchObject({ status: 200 });
  });
});

describe('while it closes', () => {
  /** A handler that waits until it is let go, and a connection that has asked for it. */
  async function underWay(drainMs: number) {
    const app = createHttpServer({ log: createLogger('test', 'silent'), waitingFor: () => undefined, drainMs });
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    app.get('/slow', async () => {
      begun.resolve();
      await gate.promise;
      return { slow: 'done' };
    });
    const socket = connect(Number(new URL(await listen(app, '127.0.0.1', 0)).port), '127.0.0.1');
    const received = text(socket);
    const ask = (path: string) => socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    ask('/slow');
    await begun.promise;
    return { server: app.server, ask, received, letGo: () => gate.resolve(), closed: app.close() };
  }

  test('a request under way is finished; one that comes now is told to come again', async () => {
    const { server, ask, received, letGo, closed } = await underWay(60_000);
    const arrived = once(server, 'request');
    ask('/livez');
    await arrived;
    letGo();
    await closed;
    const [first, second] = (await received).split(/(?=HTTP\/1\.1 )/);
    expect(first).toMatch(/^HTTP\/1\.1 200 [^]*{"slow":"done"}$/);
    expect(second).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1[^]*"code":"closing"/);
    expect(second).toMatch(/connection: close/i);
  });

  test('a request that does not end is cut at the bound', async () => {
    const { received, letGo, closed } = await underWay(20);
    await closed;
    expect(await received).toBe('');
    letGo();
  });
});

test('requests above the bound are told to come again, health is not; one whose client went away counts while it is worked on', async () => {
  const app = createHttpServer({ log: createLogger('test', 'silent'), waitingFor: () => undefined, maxRequests: 2 });
  const gates: PromiseWithResolvers<void>[] = [];
  const end = Promise.withResolvers<void>();
  app.get('/v1/slow', async () => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await Promise.race([gate.promise, end.promise]);
    return {};
  });
  apps.push(app);
  const port = Number(new URL(await listen(app, '127.0.0.1', 0)).port);
  const ask = () => get(port, 'localhost', '/v1/slow');
  const kept = ask();
  await expect.poll(() => gates.length).toBe(1);
  const leaving = connect(port, '127.0.0.1').on('error', () => undefined);
  leaving.write('GET /v1/slow HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await expect.poll(() => gates.length).toBe(2);
  expect(await ask()).toMatchObject({ status: 503, body: { code: 'overloaded' } });
  expect(await get(port, 'localhost')).toMatchObject({ status: 200 });

  const connections = () =>
    new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)));
  const before = await connections();
  leaving.destroy();
  await expect.poll(connections).toBeLessThan(before);
  expect(await ask()).toMatchObject({ status: 503, body: { code: 'overloaded' } });
  gates[1]!.resolve();
  const next: Promise<unknown>[] = [];
  await expect
    .poll(() => {
      next.push(ask());
      return gates.length;
    })
    .toBe(3);
  end.resolve();
  expect(await kept).toMatchObject({ status: 200 });
  await Promise.all(next);
});

describe('a problem document is the answer', () => {
  test.each(['/livez%', '/%', '/echo%zz'])('to the address %s', async (url) => {
    const answer = await open().inject(url);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ code: 'bad-request', status: 400, title: 'Bad request' });
  });

  test.each([
    ['a header that is too large', `GET /livez HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['what is no HTTP', 'nonsense\r\n\r\n', 400],
  ])('to %s', async (_name, bytes, status) => {
    const socket = connect(await openPort('127.0.0.1'), '127.0.0.1');
    socket.write(bytes);
    const [head, body] = (await text(socket)).split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('content-type: application/problem+json');
    expect(JSON.parse(body!)).toMatchObject({ code: 'bad-request', status, detail: expect.any(String) });
  });

  test.each([
    ['nested too deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, 'a list of 1'],
    ['large', JSON.stringify('x'.repeat(60_000)), `${'x'.repeat(200)}…`],
  ])('to a value that is %s, and it does not repeat the value', async (_name, payload, value) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await open().inject({ method: 'POST', url: '/echo', payload, headers });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'bad-body', value });
    expect(answer.body.length).toBeLessThan(1_000);
  });
});
