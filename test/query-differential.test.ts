// Random queries on the real stack, each answer held to the oracle: on random orders of some years and on Superstore, with
// half of the events counted by a run and half of them live. Then everything is counted, and the answers stay.
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { readSuperstore } from '../cli/superstore.ts';
import { parseEvent } from '../schemas/event-json.ts';
import type { OrderEvent } from '../schemas/order-event.ts';
import { createGeneration } from '../schemas/generation.ts';
import type { AskedQuery } from './query-oracle/asked-query.ts';
import { csvLinesOf } from './query-oracle/csv-lines.ts';
import { type Expected, expectedAnswer } from './query-oracle/expected-answer.ts';
import { openHalfLive, type HalfLive } from './query-oracle/half-live.ts';
import { differenceOf, type Given } from './query-oracle/hold-to-oracle.ts';
import { history, randomOrder } from './query-oracle/random-history.ts';
import { type Catalog, randomQuery } from './query-oracle/random-queries.ts';

const seed = Number(process.env['TIDEMARK_QUERY_SEED'] ?? 20_240_310);
const atOnce = 8;

interface DataSet {
  /** How many are asked, and how many of them again once all is counted. */
  readonly queries: number;
  readonly again: number;
  readonly catalog: Catalog;
  readonly nowMs: number;
  /** In the order in which they are sent; the first half is counted by the run. */
  events(): readonly OrderEvent[];
}

const shuffled = <T>(list: readonly T[]): T[] =>
  fc.sample(fc.shuffledSubarray([...list], { minLength: list.length }), { numRuns: 1, seed })[0]!;

const dataSets: Readonly<Record<string, DataSet>> = {
  'random orders of years': {
    queries: 360,
    again: 40,
    catalog: history,
    nowMs: history.nowMs,
    events() {
      const events = shuffled(fc.sample(randomOrder, { numRuns: 1_500, seed }).flat());
      // Some are sent again, in the same half or in the other. What is of these weeks comes last, as it does in a shop.
      const sent = [...events.slice(0, -40), ...shuffled(events).slice(0, 80), ...events.slice(-40)];
      const recent = history.nowMs - 60 * 86_400_000;
      return sent.toSorted((a, b) => Number(a.occurredAt >= recent) - Number(b.occurredAt >= recent));
    },
  },
  Superstore: {
    queries: 140,
    again: 20,
    catalog: {
      days: ['2014-01-03', '2015-02-28', '2015-11-01', '2016-02-29', '2016-12-31', '2017-03-12', '2017-11-05'],
      values: {
        store: ['West', 'East', 'Central', 'South'],
        channel: ['Consumer', 'Corporate', 'Home Office'],
        country: ['US'],
        currency: ['USD'],
        category: ['Furniture', 'Office Supplies', 'Technology'],
        sku: ['OFF-PA-10001970', 'TEC-AC-10003832', 'FUR-FU-10004270'],
      },
    },
    // Some orders ship later.
    nowMs: Date.UTC(2017, 11, 30, 13, 20, 30),
    events() {
      const { rules } = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 0, hashKey: '0'.repeat(32) });
      return shuffled(
        readSuperstore().map((input) => {
          const parsed = parseEvent(input, rules, Date.now());
          if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problem));
          return parsed.event;
        }),
      );
    },
  },
};

const onceEach = (events: readonly OrderEvent[]) => [...new Map(events.map((one) => [one.eventId, one])).values()];

/** `task` of each, some at once, in the order of the list. */
async function eachAtOnce<T>(list: readonly T[], task: (one: T, index: number) => Promise<void>): Promise<void> {
  const entries = list.entries();
  const work = async () => {
    for (const [index, one] of entries) await task(one, index);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function csvDiffers(shop: HalfLive, asked: AskedQuery, { rows }: Expected & { kind: 'answered' }) {
  const lines = parse(await shop.csv(asked));
  return JSON.stringify(lines) === JSON.stringify(csvLinesOf(asked, rows as []))
    ? undefined
    : 'CSV is not what JSON is';
}

describe.each(Object.entries(dataSets))(
  '%s',
  (_name, { queries: count, again, catalog, nowMs, events: makeEvents }) => {
    test(`${count} random queries of seed ${seed} are answered as the oracle answers them, or refused`, {
      timeout: 240_000,
    }, async () => {
      const events = makeEvents();
      const known = onceEach(events);
      const half = Math.ceil(events.length / 2);
      await using shop = await openHalfLive({
        stack: inject('stack'),
        counted: events.slice(0, half),
        live: events.slice(half),
        nowMs,
      });
      const queries = fc.sample(randomQuery(catalog), { numRuns: count, seed });
      const wrong: string[] = [];
      const answers = new Map<AskedQuery, Given>();
      let refused = 0;
      await eachAtOnce(queries, async (asked, i) => {
        const expected = expectedAnswer(asked, known, nowMs);
        const given = i % 2 === 0 ? await shop.get(asked) : await shop.post(asked);
        let difference = differenceOf(asked, expected, given);
        if (expected.kind === 'refused') refused += 1;
        else if (i % 5 === 0) difference ??= await csvDiffers(shop, asked, expected);
        if (difference) wrong.push(`query ${i} of seed ${seed}: ${JSON.stringify(asked)}: ${difference}`);
        answers.set(asked, given);
      });
      expect(wrong).toEqual([]);
      expect(refused).toBeLessThan(count / 3);
      expect(refused).toBeGreaterThan(count / 100);

      // Half of it was live, and nothing was late.
      const { provenance } = (await shop.post({ measures: ['orders'] })).body as {
        provenance: Record<string, unknown>;
      };
      expect(provenance['liveShare']).toBeGreaterThan(0.4);
      expect(provenance['liveShare']).toBeLessThan(0.6);
      expect(provenance).toMatchObject({ deferredRecords: 0, deadLetters: 0 });

      await shop.countAll();
      const told = ({ status, body }: Given) => ({ status, body: { ...body, provenance: undefined } });
      await eachAtOnce(queries.slice(0, again), async (asked, i) => {
        const given = i % 2 === 0 ? await shop.post(asked) : await shop.get(asked);
        expect(told(given), JSON.stringify(asked)).toEqual(told(answers.get(asked)!));
      });
      const after = (await shop.post({ measures: ['orders'] })).body as { provenance: Record<string, unknown> };
      expect(after.provenance).toMatchObject({ liveShare: 0 });
    });
  },
);
