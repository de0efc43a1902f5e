// Holds an answer of the API to the oracle. Says what differs, so that a caller can tell it with the query and the seed.
import { isDeepStrictEqual } from 'node:util';
import type { AskedQuery } from './asked-query.ts';
import type { Expected } from './expected-answer.ts';

export interface Given {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** undefined where the answer is the oracle's. */
export function differenceOf(asked: AskedQuery, expected: Expected, { status, body }: Given): string | undefined {
  if (expected.kind === 'refused') {
    const reason = `${String(body['code'])} ${String(body['field'])}`;
    if (status === 400 && expected.reasons.includes(reason) && body['expected'] !== '') return undefined;
    return `${status} ${reason}, expected 400 ${expected.reasons.join(' or ')}`;
  }
  if (status !== 200) return `${status} ${JSON.stringify(body)}, expected ${expected.rows.length} rows`;
  const rows = body['rows'] as object[];
  const { currency, currencies } = body;
  const { from, to, compare } = body['query'] as Record<string, unknown>;
  const told = {
    ...(currency === undefined ? {} : { currency }),
    currencies,
    from,
    to,
    ...(compare === undefined ? {} : { compare }),
  };
  if (!isDeepStrictEqual(told, expected.told)) return differs('of the query is told', told, expected.told);
  const at = expected.rows.findIndex((row, i) => !isDeepStrictEqual(row, rows[i]));
  if (at >= 0) return differs(`row ${at}`, rows[at], expected.rows[at]);
  if (rows.length > expected.rows.length) return differs('row', rows[expected.rows.length], undefined);
  return missing(asked, body['query'] as object);
}

/** What the answer does not repeat of the query as it was sent. */
function missing(asked: AskedQuery, understood: object): string | undefined {
  const { from: _from, to: _to, compare: _compare, weekStart: _weekStart, where, not, ...same } = asked;
  const sorted = (filter = {}) =>
    Object.fromEntries(Object.entries(filter).map(([name, values]) => [name, (values as string[]).toSorted()]));
  const wanted = { ...same, where: sorted(where), not: sorted(not) };
  for (const [name, value] of Object.entries(wanted)) {
    const own = (understood as Record<string, unknown>)[name];
    if (!isDeepStrictEqual(own, value)) return differs(`query.${name}`, own, value);
  }
  return undefined;
}

const differs = (what: string, actual: unknown, expected: unknown) =>
  `${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
