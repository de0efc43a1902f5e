// A token: opaque text for (generation, run, W); an answer's id and what a client sends to never go back.
import type { OffsetVector } from './offset-vector.ts';

export interface Token {
  readonly generation: string;
  /** '' where the token is only a vector, as ingest gives it. */
  readonly run: string;
  readonly vector: OffsetVector;
}

export function encodeToken(token: Token): string {
  return Buffer.from(
    [token.generation, token.run, token.vector.map((o) => o.toString(36)).join('.')].join('/'),
  ).toString('base64url');
}

/** The token that the text stands for; undefined where it is none. */
export function decodeToken(text: string): Token | undefined {
  if (text.length > 4_096 || !/^[\w-]+$/.test(text)) return undefined;
  const parts = Buffer.from(text, 'base64url').toString().split('/');
  const [generation, run, offsets] = parts;
  if (parts.length !== 3 || !/^[0-9a-f]{12}$/.test(generation!) || !/^([0-9a-f]{12}-[0-9a-f]{8})?$/.test(run!))
    return undefined;
  if (!/^[0-9a-z]+(\.[0-9a-z]+)*$/.test(offsets!)) return undefined;
  const vector = offsets!.split('.').map((o) => Number.parseInt(o, 36));
  return vector.every(Number.isSafeInteger) ? { generation: generation!, run: run!, vector } : undefined;
}
