// Holds an answer against the oracle at its own (V, W).
import type { Generation } from '../../schemas/generation.ts';
import type { OffsetVector } from '../../schemas/offset-vector.ts';
import { distinctCustomers, itemTotals, orderTotals, prefixOf } from '../../schemas/oracle.ts';
import type { OrderEvent } from '../../schemas/order-event.ts';
import type { Answer } from '../../serving/answer-query.ts';
import type { Query } from '../../serving/query.ts';
import { createQueryParser } from '../../serving/query-parse.ts';
import type { ShopEntry } from './shop.ts';

const measures = [
  'orders',
  'grossMinor',
  'cancelledOrders',
  'cancelledMinor',
  'refunds',
  'refundedMinor',
  'netMinor',
  'units',
  'fulfilledOrders',
] as const;
const minuteMs = 60_000;
type Row = Readonly<Record<string, unknown>>;

interface Question {
  readonly query: Query;
  readonly found: (rows: readonly Row[]) => Map<string, unknown>;
  readonly expected: (events: readonly OrderEvent[]) => Map<string, unknown>;
}

export interface OracleCheck {
  readonly questions: readonly Question[];
  /** In words what is wrong with the answer; undefined where nothing is. */
  flawOf(question: Question, answer: Answer): string | undefined;
}

export function createOracleCheck(generation: Generation, log: readonly (readonly ShopEntry[])[]): OracleCheck {
  const parser = createQueryParser(generation.definition, generation.partitions);
  const parse = (text: string) => parser.ofParameters(Object.fromEntries(new URLSearchParams(text)));
  const keyOf = (row: Row, columns: readonly string[]) =>
    columns.map((name) => (name === 'windowStart' ? Date.parse(String(row[name])) : row[name])).join('|');
  const pick = (row: Row, names: readonly string[]) => Object.fromEntries(names.map((name) => [name, row[name]]));
  const orders = (
    text: string,
    columns: readonly string[],
    groupOf: (event: OrderEvent) => string | undefined,
  ): Question => ({
    query: parse(`measures=${measures.join(',')}&${text}`),
    found: (rows) => new Map(rows.map((row) => [keyOf(row, columns), pick(row, measures)])),
    expected: (events) => orderTotals(events, groupOf),
  });
  const items = (
    text: string,
    columns: readonly string[],
    groupOf: (event: OrderEvent, item: OrderEvent['items'][number]) => string | undefined,
  ): Question => ({
    query: parse(`measures=units,itemMinor&${text}`),
    found: (rows) => new Map(rows.map((row) => [keyOf(row, columns), pick(row, ['units', 'itemMinor'])])),
    expected: (events) => itemTotals(events, groupOf),
  });
  const minuteOf = (ms: number) => Math.floor(ms / minuteMs) * minuteMs;

  const questions: readonly Question[] = [
    orders('by=store,currency', ['store', 'currency'], (e) => `${e.storeId}|${e.currency}`),
    orders('by=currency&window=minute', ['windowStart', 'currency'], (e) => `${minuteOf(e.occurredAt)}|${e.currency}`),
    orders('by=currency&window=hour&attribution=order', ['windowStart', 'currency'], (e) => {
      return `${Math.floor((e.placedAt ?? e.occurredAt) / 3_600_000) * 3_600_000}|${e.currency}`;
    }),
    orders('by=channel&where.currency=JPY&not.store=West', ['channel'], (e) =>
      e.currency === 'JPY' && e.storeId !== 'West' ? e.channel : undefined,
    ),
    items('by=category,currency', ['category', 'currency'], (e, item) => `${item.category}|${e.currency}`),
    items('by=sku,currency&window=15m', ['windowStart', 'sku', 'currency'], (e, item) => {
      return `${Math.floor(e.occurredAt / 900_000) * 900_000}|${item.sku}|${e.currency}`;
    }),
    orders('by=currency&attribution=order', ['currency'], (e) => e.currency),
    // Of several rollups: sums, and customers.
    {
      query: parse('measures=refunds,customers&by=store&window=hour'),
      found: (rows) =>
        new Map(rows.map((row) => [keyOf(row, ['windowStart', 'store']), pick(row, ['refunds', 'customers'])])),
      expected(events) {
        const groupOf = (e: OrderEvent) => `${Math.floor(e.occurredAt / 3_600_000) * 3_600_000}|${e.storeId}`;
        const customers = distinctCustomers(events, groupOf);
        const totals = orderTotals(events, groupOf);
        return new Map(
          totals.entries().map(([group, { refunds }]) => [group, { refunds, customers: customers.get(group) ?? 0 }]),
        );
      },
    },
  ];

  /** Copies meet in one partition, so each partition is a log of its own to the oracle. */
  const known = new Map<string, { counted: readonly OrderEvent[]; deferred: number }>();
  function partOf(p: number, v: number, w: number) {
    const key = `${p} ${v} ${w}`;
    let part = known.get(key);
    if (!part) {
      if (known.size > 200) known.clear();
      const [vector, end] = [[], []] as number[][];
      vector![p] = v;
      end![p] = w;
      known.set(key, (part = prefixOf(log[p]!, vector!, end!, generation.horizonMs)));
    }
    return part;
  }

  return {
    questions,
    flawOf(question, { rows, provenance }) {
      const { tidemark, vector, deferredRecords, notes } = provenance;
      const parts = vector.map((w, p) => partOf(p, tidemark[p]!, w));
      const beyond = vector.findIndex((w, p) => w > (log[p]!.at(-1)?.offset ?? Number.POSITIVE_INFINITY) + 1);
      if (beyond >= 0) return `partition ${beyond}: W is ${vector[beyond]}, beyond the log`;
      const deferred = parts.reduce((sum, part) => sum + part.deferred, 0);
      if (deferredRecords !== deferred) return `says ${deferredRecords} deferred, expected ${deferred}`;
      const unbalanced = notes.find((note) => note.includes('the ledger accounts for'));
      if (unbalanced !== undefined) return unbalanced;
      const expected = question.expected(parts.flatMap((part) => part.counted));
      return differenceOf(question.found(rows), expected);
    },
  };
}

function differenceOf(found: ReadonlyMap<string, unknown>, expected: ReadonlyMap<string, unknown>): string | undefined {
  for (const key of new Set([...found.keys(), ...expected.keys()])) {
    const [is, wanted] = [found.get(key), expected.get(key)] as [Row | undefined, Row | undefined];
    for (const name of Object.keys(wanted ?? is ?? {}))
      if (is?.[name] !== wanted?.[name])
        return `${key}: ${name} is ${String(is?.[name])}, expected ${String(wanted?.[name])}`;
  }
  return undefined;
}

/** True where no component falls; names the first that does. */
export function fallOf(before: OffsetVector, after: OffsetVector): string | undefined {
  const p = after.findIndex((offset, at) => offset < (before[at] ?? 0));
  return p < 0 ? undefined : `partition ${p} from ${before[p]} to ${after[p]}`;
}
