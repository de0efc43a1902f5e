// Sends a few bytes over TCP and gives the answer: how the stack asks an engine whether it really serves.
import { connect } from 'node:net';

export function probe(
  port: number,
  request: Buffer,
  signal: AbortSignal,
  isWhole: (received: Buffer) => boolean = () => true,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, signal });
    let received = Buffer.alloc(0);
    const end = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.once('connect', () => socket.write(request));
    socket.once('error', end);
    socket.once('close', () => end(new Error(`port ${port} closed without an answer`)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (!isWhole(received)) return;
      resolve(received);
      socket.destroy();
    });
  });
}
