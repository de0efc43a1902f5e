// `atLeast`: waits, bounded, until the cut covers a token, so that a client never goes back and reads its own writes.
import { Problem } from '../runtime/problem.ts';
import type { Generation } from '../schemas/generation.ts';
import { covers } from '../schemas/offset-vector.ts';
import type { Token } from '../schemas/token.ts';
import type { LiveSource } from './live-source.ts';
import type { Cut } from './live-view.ts';

/** The cut covers the token's vector, and stands on its run or a later one. */
function cutCovers(cut: Cut, token: Token): boolean {
  return coversToken({ run: cut.pinned.run.run, vector: cut.vector }, token);
}

export function coversToken(present: Pick<Token, 'run' | 'vector'>, token: Token): boolean {
  return covers(present.vector, token.vector) && present.run >= token.run;
}

/** Rejects with a Problem: `other-generation` (409), or `not-covered` (504) that says what is behind. */
export async function awaitToken(
  source: LiveSource,
  generation: Generation,
  token: Token,
  options: { readonly timeoutMs: number; readonly clock: () => number },
): Promise<void> {
  if (token.generation !== generation.id) {
    const detail = `the token is of generation ${token.generation}, this server answers for ${generation.id}`;
    throw new Problem({ code: 'other-generation', status: 409, title: 'Other generation', detail, field: 'atLeast' });
  }
  const deadline = options.clock() + options.timeoutMs;
  for (;;) {
    const cut = source.capture();
    if (cut && cutCovers(cut, token)) return;
    const leftMs = deadline - options.clock();
    if (leftMs <= 0) throw notCovered(cut, token, options.timeoutMs);
    await source.changed(leftMs);
  }
}

function notCovered(cut: Cut | undefined, token: Token, timeoutMs: number): Problem {
  const behind = token.vector.flatMap((offset, partition) => {
    const at = cut?.vector[partition] ?? 0;
    return at < offset ? [{ partition, at, wanted: offset }] : [];
  });
  const run = cut?.pinned.run.run ?? 'none';
  const parts = [
    ...(behind.length > 0
      ? [
          `${behind.length} partitions are behind (partition ${behind[0]!.partition} at ${behind[0]!.at} of ${behind[0]!.wanted})`,
        ]
      : []),
    ...(run < token.run || run === 'none' ? [`the run is ${run}, wanted ${token.run || 'any'}`] : []),
  ];
  return new Problem({
    code: 'not-covered',
    status: 504,
    title: 'Not covered in time',
    detail: `after ${timeoutMs} ms the answer does not cover the token: ${parts.join('; ')}`,
    field: 'atLeast',
    retryAfterSeconds: 1,
    extra: { behind },
  });
}
