// A reader of /v1/stream that notes when it had which W.
import { type IncomingMessage, request } from 'node:http';
import { decodeToken } from '../../schemas/token.ts';
import type { SeenEvent } from './seen-orders.ts';

export interface StreamReader {
  readonly events: readonly SeenEvent[];
  /** Resolves with the first event that is accepted. */
  until(accepts: (event: SeenEvent) => boolean): Promise<void>;
  close(): void;
}

export async function openStreamReader(servingUrl: string, query: string): Promise<StreamReader> {
  const events: SeenEvent[] = [];
  const waiting = new Set<(event: SeenEvent) => void>();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = request(`${servingUrl}/v1/stream?${query}`, { agent: false }, resolve).on('error', reject);
  asked.end();
  const response = await promise;
  if (response.statusCode !== 200) throw new Error(`/v1/stream answers ${response.statusCode}`);
  let rest = '';
  response.setEncoding('latin1').on('data', (piece: string) => {
    const atMs = performance.now();
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const id = /^id: ?(.*)$/m.exec(block)?.[1];
      const token = id === undefined ? undefined : decodeToken(id.split('.')[0]!);
      if (!token) continue;
      const event = { atMs, vector: token.vector };
      events.push(event);
      for (const wake of waiting) wake(event);
    }
  });
  return {
    events,
    until: (accepts) =>
      new Promise((settle) => {
        const last = events.at(-1);
        if (last && accepts(last)) return settle();
        const wake = (event: SeenEvent) => {
          if (!accepts(event)) return;
          waiting.delete(wake);
          settle();
        };
        waiting.add(wake);
      }),
    close: () => response.destroy(),
  };
}
