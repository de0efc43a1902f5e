// Sending events: batches, retries, pace. Against a server of the test's own; no time passes, waits are recorded.
import { expect, test } from 'vitest';
import { decodeToken, encodeToken } from '../schemas/token.ts';
import { exitCodes } from './errors.ts';
import type { OutgoingEvent } from './event-input.ts';
import { type FakeAnswer, openFakeService } from './fake-service.ts';
import { importEvents } from './import-events.ts';
import { pace } from './outgoing.ts';

const generation = 'abcdef012345';
const events = (count: number): OutgoingEvent[] => Array.from({ length: count }, (_, n) => ({ json: `{"n":${n}}` }));
const away: FakeAnswer = {
  status: 503,
  headers: { 'retry-after': '2' },
  body: { code: 'kafka-unavailable', detail: 'Kafka is away' },
};

function accepted(count: number, vector: readonly number[]): FakeAnswer {
  const token = encodeToken({ generation, run: '', vector });
  return { status: 202, body: { accepted: count, rejected: [], rejectedCount: 0, vector, token } };
}

/** A clock that only waiting moves. */
function fakeTime() {
  let nowMs = 1_000_000;
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
    nowMs += Math.max(0, ms);
  };
  return { now: () => nowMs, wait, waits };
}

test('events go in requests of at most 5,000 and the token covers all of them', async () => {
  const answers = [accepted(5_000, [10, 0]), accepted(5_000, [0, 20]), accepted(1_000, [11, 3])];
  await using ingest = await openFakeService(() => answers.shift()!);
  const progress: number[] = [];
  const result = await importEvents({
    ingestUrl: ingest.url,
    events: events(11_000),
    onProgress: (n) => progress.push(n),
  });
  expect(ingest.requests.map(({ body }) => body.split('\n').length)).toEqual([5_000, 5_000, 1_000]);
  expect(ingest.requests[0]!.headers['content-type']).toBe('application/x-ndjson');
  expect(result).toMatchObject({ accepted: 11_000, rejectedCount: 0, vector: [11, 20], requests: 3, retries: 0 });
  expect(decodeToken(result.token!)).toEqual({ generation, run: '', vector: [11, 20] });
  expect(progress).toEqual([5_000, 10_000, 11_000]);
});

test('a 503 and a lost connection are tried again with the whole request, after the time that the server asks for', async () => {
  const answers = [away, 'hang up' as const, accepted(3, [3])];
  await using ingest = await openFakeService(() => answers.shift()!);
  const { now, wait, waits } = fakeTime();
  const result = await importEvents({ ingestUrl: ingest.url, events: events(3), now, wait });
  expect(result).toMatchObject({ accepted: 3, retries: 2 });
  expect(ingest.requests.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => ingest.requests[0]!.body));
  expect(waits[0]).toBe(2_000);
});

test('it gives up after a bounded time and says what the server said', async () => {
  await using ingest = await openFakeService(() => away);
  const { now, wait, waits } = fakeTime();
  const failed = importEvents({ ingestUrl: ingest.url, events: events(3), now, wait, giveUpAfterMs: 10_000 });
  await expect(failed).rejects.toMatchObject({
    exitCode: exitCodes.unavailable,
    message: `ingest at ${ingest.url} answered 503: Kafka is away`,
  });
  expect(waits).toHaveLength(5);
});

test('rejected events are counted by their place among all, also where a whole request is rejected', async () => {
  const bad = { index: 7, code: 'out-of-range', message: 'amountMinor is -1' };
  const answers: FakeAnswer[] = [
    accepted(5_000, [5]),
    { status: 400, body: { code: 'all-rejected', rejected: [bad], rejectedCount: 10 } },
  ];
  await using ingest = await openFakeService(() => answers.shift()!);
  const result = await importEvents({ ingestUrl: ingest.url, events: events(5_010) });
  expect(result).toMatchObject({ accepted: 5_000, rejectedCount: 10, rejected: [{ ...bad, index: 5_007 }] });
});

test('another refusal ends it at once', async () => {
  await using ingest = await openFakeService(() => ({ status: 415, body: { detail: 'no' } }));
  await expect(importEvents({ ingestUrl: ingest.url, events: events(1) })).rejects.toMatchObject({
    exitCode: exitCodes.fault,
  });
  expect(ingest.requests).toHaveLength(1);
});

test('paced events are sent when they are due, those of a tenth of a second together', async () => {
  const sentAt: [number, number][] = [];
  const { now, wait } = fakeTime();
  const startMs = now();
  await using ingest = await openFakeService(({ body }) => {
    sentAt.push([now() - startMs, body.split('\n').length]);
    return accepted(1, [1]);
  });
  await importEvents({ ingestUrl: ingest.url, events: pace(events(500), 1_000, startMs), now, wait });
  let sent = 0;
  for (const [at, count] of sentAt) {
    sent += count;
    expect(sent).toBeLessThanOrEqual(at + 1); // event n is due n milliseconds after the start
  }
  expect(sent).toBe(500);
  expect(sentAt.length).toBeLessThan(15);
  expect(now() - startMs).toBeGreaterThanOrEqual(499);
  expect(now() - startMs).toBeLessThan(700);
});

test('an abort ends a wait and the import', async () => {
  await using ingest = await openFakeService(() => away);
  const ending = new AbortController();
  const onRetry = () => ending.abort(new Error('enough'));
  const ended = importEvents({ ingestUrl: ingest.url, events: events(1), signal: ending.signal, onRetry });
  await expect(ended).rejects.toThrow();
  expect(ingest.requests).toHaveLength(1);
});
