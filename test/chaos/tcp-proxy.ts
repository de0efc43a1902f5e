// A TCP proxy on loopback for one link, by which a test delays, cuts, resets or half-opens it while both ends live.
//
// pass       bytes go through, in both directions, and so does the end of either
// delay      the same, each piece `ms` later
// cut        connections are dropped and new ones refused
// half-open  new connections are accepted and bytes taken, on old ones too, but nothing arrives anywhere
// A connection that swallowed bytes never passes one again: it is reset when the link leaves half-open.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export type LinkMode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'half-open' };

export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  set(mode: LinkMode): Promise<void>;
  /** Ends all connections with RST; new ones pass as the mode has it. */
  reset(): void;
}

/** Bytes of one direction that may wait for their delay; the sender is paused above it. */
const heldBytes = 1024 * 1024;

/** Port 0 takes a free one. A target that is away shows as a connection that is closed at once. */
export async function openTcpProxy(targetPort: number, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let mode: LinkMode = { kind: 'pass' };
  let server: Server | undefined;

  function accept(client: Socket): void {
    const target = connect({ host: '127.0.0.1', port: targetPort, allowHalfOpen: true });
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (mode.kind !== 'half-open') to.destroy();
      });
      forward(from, to);
    }
  }

  function forward(from: Socket, to: Socket): void {
    let earlier: Promise<unknown> = Promise.resolve();
    let held = 0;
    const later = (bytes: number, act: () => void): void => {
      const dueAt = mode.kind === 'delay' ? performance.now() + mode.ms : 0;
      held += bytes;
      if (held > heldBytes) from.pause();
      earlier = earlier.then(async () => {
        const waitMs = dueAt - performance.now();
        if (waitMs > 0) await delay(waitMs);
        held -= bytes;
        if (held <= heldBytes) from.resume();
        if (!to.destroyed) act();
      });
    };
    from.on('data', (piece) => {
      if (mode.kind !== 'half-open') later(piece.length, () => to.write(piece));
    });
    from.on('end', () => {
      if (mode.kind !== 'half-open') later(0, () => to.end());
    });
  }

  function reset(): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }

  async function listen(at: number): Promise<Server> {
    const opened = createServer({ allowHalfOpen: true }, accept);
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.listen({ host: '127.0.0.1', port: at }, resolve);
    });
    return opened;
  }

  async function cut(): Promise<void> {
    const closing = server;
    server = undefined;
    const closed = new Promise((resolve) => (closing ? closing.close(resolve) : resolve(undefined)));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  server = await listen(port);
  const { port: own } = server.address() as { port: number };
  return {
    port: own,
    async set(next) {
      if (mode.kind === 'half-open' && next.kind !== 'half-open') reset();
      mode = next;
      if (mode.kind === 'cut') await cut();
      else server ??= await listen(own);
    },
    reset,
    [Symbol.asyncDispose]: cut,
  };
}
