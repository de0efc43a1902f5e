// What each mode of the proxy does to a connection that exists and to one that is new.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../until.ts';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts';

let resources: AsyncDisposableStack;
let proxy: TcpProxy;

/** An echo server behind the proxy. */
beforeEach(async () => {
  resources = new AsyncDisposableStack();
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.defer(() => new Promise((resolve) => server.close(() => resolve())));
  proxy = resources.use(await openTcpProxy((server.address() as { port: number }).port));
});
afterEach(() => resources.disposeAsync());

interface Client {
  readonly socket: Socket;
  heard(): string;
  /** How the connection ended; undefined while it lives. */
  ended(): string | undefined;
}

async function dial(): Promise<Client> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  resources.defer(() => void socket.destroy());
  let heard = '';
  let ended: string | undefined;
  socket.on('data', (piece) => (heard += piece.toString()));
  socket.on('error', (error: NodeJS.ErrnoException) => (ended ??= error.code));
  socket.on('close', () => (ended ??= 'closed'));
  await once(socket, 'connect');
  return { socket, heard: () => heard, ended: () => ended };
}

test('passes bytes in order, and the end of the sender', async () => {
  const { socket, heard, ended } = await dial();
  const sent = 'x'.repeat(3_000_000);
  socket.write('hello ');
  socket.end(sent);
  await until('the echo has ended', () => ended() !== undefined);
  expect(heard()).toBe(`hello ${sent}`);
});

test('a delayed link brings everything in order, later by the delay each way', async () => {
  const { socket, heard } = await dial();
  await proxy.set({ kind: 'delay', ms: 60 });
  const at = performance.now();
  socket.write('one');
  socket.write('two');
  await until('the echo is whole', () => heard() === 'onetwo');
  expect(performance.now() - at).toBeGreaterThanOrEqual(119);
});

test('a cut link drops connections and refuses new ones until it passes again', async () => {
  const old = await dial();
  await proxy.set({ kind: 'cut' });
  await until('the connection is gone', () => old.ended() !== undefined);
  await expect(dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await proxy.set({ kind: 'pass' });
  const { socket, heard } = await dial();
  socket.write('again');
  await until('it passes', () => heard() === 'again');
});

test('a half-open link takes connections and bytes and brings nothing, not even later', async () => {
  const old = await dial();
  old.socket.write('before');
  await until('it passed', () => old.heard() === 'before');
  await proxy.set({ kind: 'half-open' });
  const fresh = await dial();
  for (const { socket } of [old, fresh]) socket.write('swallowed');
  await until('the proxy took it', () => old.socket.bytesWritten > 6 && old.socket.writableLength === 0);
  expect([old.ended(), fresh.ended()]).toEqual([undefined, undefined]);
  await proxy.set({ kind: 'pass' });
  await until('both were reset', () => old.ended() !== undefined && fresh.ended() !== undefined);
  expect([old.heard(), fresh.heard()]).toEqual(['before', '']);
});

test('reset ends connections with RST; a new one passes', async () => {
  const old = await dial();
  proxy.reset();
  await until('it was reset', () => old.ended() === 'ECONNRESET');
  const { socket, heard } = await dial();
  socket.write('new');
  await until('it passes', () => heard() === 'new');
});

test('a target that is away shows as a connection that is closed', async () => {
  const nowhere = resources.use(await openTcpProxy(1));
  const socket = connect({ host: '127.0.0.1', port: nowhere.port }).on('error', () => {});
  await once(socket, 'close');
});
