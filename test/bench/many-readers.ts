// A process of its own with many readers of /v1/stream, so that their work is not the measuring process's:
// `node many-readers.ts URL COUNT QUERY…`. Tells its parent when all of them have read something, and on `report` how many
// bytes they have read.
import { connect, type Socket } from 'node:net';

const [url, count, ...queries] = process.argv.slice(2) as [string, string, ...string[]];
const { hostname, port, host } = new URL(url);
const atOnce = 50;
let bytes = 0;
let failed: string | undefined;
const sockets: Socket[] = [];

function open(index: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  const path = `/v1/stream?${queries[index % queries.length]}`;
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\n\r\n`);
  let head = true;
  socket.on('data', (piece) => {
    if (head && !piece.subarray(0, 12).toString('latin1').endsWith(' 200')) {
      reject(new Error(piece.toString('latin1').slice(0, 300)));
    }
    head = false;
    bytes += piece.length;
    resolve();
  });
  socket.on('error', reject);
  socket.on('close', () => (failed ??= 'a stream was closed by the server'));
  return promise;
}

process.on('message', () => process.send!({ bytes, failed }));
process.on('disconnect', () => process.exit());
for (let next = 0; next < Number(count); next += atOnce) {
  const some = Math.min(atOnce, Number(count) - next);
  await Promise.all(Array.from({ length: some }, (_, i) => open(next + i)));
}
process.send!('ready');
