// For tests: an HTTP server that answers as it is told, and an io that keeps what was printed.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CliIo } from './io.ts';

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The body before it was read as UTF-8. */
  readonly bytes: Buffer;
}
export interface FakeAnswer {
  readonly status: number;
  /** A text is sent as it is, all else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakeService extends AsyncDisposable {
  readonly url: string;
  readonly requests: FakeRequest[];
}

/** `answer` may say 'hang up' to drop the connection. */
export async function openFakeService(answer: (request: FakeRequest) => FakeAnswer | 'hang up'): Promise<FakeService> {
  const requests: FakeRequest[] = [];
  const server = createServer((incoming, response) => {
    void (async () => {
      const bytes = Buffer.concat(await incoming.toArray());
      const { method = '', headers } = incoming;
      const request = {
        method,
        headers,
        bytes,
        body: bytes.toString(),
        url: new URL(incoming.url ?? '/', 'http://fake'),
      };
      requests.push(request);
      const given = answer(request);
      if (given === 'hang up') return response.destroy();
      response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
      return response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface FakeIo extends CliIo {
  readonly outText: () => string;
  readonly errText: () => string;
  readonly ending: AbortController;
}

export function createFakeIo(overrides: Partial<CliIo> = {}): FakeIo {
  const out: string[] = [];
  const err: string[] = [];
  const ending = new AbortController();
  return {
    out: (text) => void out.push(text),
    outBytes: (bytes) => void out.push(bytes.toString()),
    err: (text) => void err.push(text),
    isTerminal: false,
    isErrTerminal: false,
    env: {},
    now: Date.now,
    signal: ending.signal,
    ...overrides,
    ending,
    outText: () => out.join('\n'),
    errText: () => err.join('\n'),
  };
}
