// One process at a time may do something with a folder. The lock is a name in the kernel (an abstract Unix socket), not a
// file: it goes with its process, however that ends, so there is no stale one to tell from a live one. Linux only;
// elsewhere it holds nothing, as nothing there is recorded as alive either (process-identity.ts).
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';

/** Undefined where another holds it. The folder must exist. */
export async function lockFolder(folder: string): Promise<AsyncDisposable | undefined> {
  if (process.platform !== 'linux') return { async [Symbol.asyncDispose]() {} };
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex');
  const server = createServer((socket) => socket.destroy());
  const isOurs = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(`\0tidemark-${name}`, () => resolve(true));
  });
  if (!isOurs) return undefined;
  return {
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
