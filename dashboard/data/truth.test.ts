// How true the numbers are, in words: each state that a reader can meet.
import { describe, expect, test } from 'vitest';
import type { Provenance } from './answer.ts';
import { type TruthInput, truthOf } from './truth.ts';

const at = (time: string) => Date.parse(`2026-11-21T${time}Z`);
const provenance: Provenance = {
  run: '01a1ff611771-852b7fda',
  runPublishedAt: '2026-11-21T12:03:07.100Z',
  token: 't',
  lagRecords: 0,
  lagMs: 200,
  newestEventAt: null,
  liveShare: 0.1,
  deferredRecords: 0,
  deadLetters: 0,
  audit: { state: 'equal' },
  notes: [],
};
const input = (change: Partial<TruthInput>): TruthInput => ({
  connection: { kind: 'live' },
  provenance,
  fault: undefined,
  nowMs: at('12:03:41'),
  tz: 'UTC',
  ...change,
});
const words = (change: Partial<TruthInput>) => {
  const { level, headline, parts } = truthOf(input(change));
  return `${level}: ${headline}. ${parts.join(', ')}`;
};

describe('truth strip', () => {
  test('says to when it is exact and to when live, in the zone of the page', () => {
    expect(words({})).toBe(
      'true: True. exact to 12:03:07, live to 12:03:40 (0.2 s behind), audit: no difference, 0 dead letters',
    );
    expect(words({ tz: 'Asia/Tokyo' })).toContain('exact to 21:03:07, live to 21:03:40');
  });

  test('behind by more than five seconds, or by nobody knows how much, is stale', () => {
    expect(words({ provenance: { ...provenance, lagMs: 75_000, lagRecords: 1 } })).toBe(
      'stale: Behind. exact to 12:03:07, live to 12:02:26 (1 min 15 s, 1 record behind), audit: no difference, 0 dead letters',
    );
    expect(words({ provenance: { ...provenance, lagMs: null } })).toMatch(
      /^stale: Behind\..*how far behind is not known/,
    );
  });

  test('a note of the server or a different audit is never shown as plainly true', () => {
    expect(words({ provenance: { ...provenance, notes: ['3 late records wait'] } })).toMatch(
      /^note: True, with a note/,
    );
    const told = truthOf(input({ provenance: { ...provenance, notes: ['stale since 2026-11-21T11:02:00.699Z: x'] } }));
    expect(told.notes).toEqual(['stale since 21 Nov 2026, 11:02:00: x']);
    const different = { ...provenance, audit: { state: 'different' } };
    expect(words({ provenance: different })).toMatch(/^note: .*audit: a difference, the exact numbers stand/);
  });

  test('a fault of the server is told beside numbers that stand still', () => {
    const fault = { code: 'x', status: 503, detail: 'ClickHouse is away' };
    expect(words({ fault })).toMatch(/^stale: Standing still.*the server has trouble: ClickHouse is away$/);
  });

  test('disconnected says of when the numbers are, and when it tries again', () => {
    const problem = { code: 'unreachable', status: 0, detail: 'the server does not answer' };
    const away = { kind: 'away' as const, sinceMs: at('12:03:30'), nextAtMs: at('12:03:45'), problem };
    expect(words({ connection: away })).toBe(
      'away: Disconnected. the server does not answer, the numbers are those of 12:03:30, trying again in 4 s',
    );
    expect(words({ connection: { ...away, sinceMs: 0, nextAtMs: 0 } })).toContain('no numbers yet, trying again now');
  });

  test('a server that is not ready yet is starting, with what it waits for', () => {
    const problem = { code: 'not-ready', status: 503, detail: 'Kafka is away' };
    const away = { kind: 'away' as const, sinceMs: 0, nextAtMs: at('12:03:42'), problem };
    expect(words({ connection: away })).toBe('waiting: Starting. Kafka is away, trying again in 1 s');
  });
});
