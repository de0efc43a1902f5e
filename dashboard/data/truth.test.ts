// How true the numbers are, in words: each state that a reader can meet.
import { describe, expect, test } from 'vitest';
import type { Provenance } from './answer.ts';
import { notes } from '../../api/notes.ts';
import { type TruthInput, truthOf, waitingSince } from './truth.ts';

const at = (time: string) => Date.parse(`2026-11-21T${time}Z`);
const provenance: Provenance = {
  generation: '0123456789ab',
  run: '01a1ff611771-852b7fda',
  runPublishedAt: '2026-11-21T12:03:07.100Z',
  token: 't',
  lagRecords: 0,
  lagMs: 0,
  newestEventAt: null,
  liveShare: 0.1,
  deferredRecords: 0,
  deadLetters: 0,
  audit: { state: 'equal', events: 9, note: '' },
  notes: [],
  tidemark: [9],
  vector: [10],
  ledger: { counted: 10, duplicate: 0, deferred: 0, rejected: 0, gap: 0 },
};
const input = (change: Partial<TruthInput>): TruthInput => ({
  connection: { kind: 'live' },
  provenance,
  waitingSinceMs: undefined,
  missing: undefined,
  fault: undefined,
  nowMs: at('12:03:41'),
  tz: 'UTC',
  ...change,
});
const words = (change: Partial<TruthInput>) => {
  const { level, headline, trouble, parts, deadLetters } = truthOf(input(change));
  return `${level}: ${headline}. ${trouble ? `${trouble} ` : ''}${[...parts, ...(deadLetters ? [deadLetters] : [])].join(', ')}`.replaceAll(
    '\u00a0',
    ' ',
  );
};

describe('truth strip', () => {
  test('says to when it is exact and to when live, in the zone of the page', () => {
    expect(words({})).toBe(
      'true: True. exact to 12:03:07, live to 12:03:41 (0.0 s behind), audit: no difference, 0 dead letters',
    );
    expect(words({ tz: 'Asia/Tokyo' })).toContain('exact to 21:03:07, live to 21:03:41');
  });

  test('behind by more than five seconds is noted, by more than ten or by nobody knows how much is stale', () => {
    const waiting = (time: string, lagMs: number, notes: string[]) =>
      words({ waitingSinceMs: at(time), provenance: { ...provenance, lagMs, lagRecords: 1, notes } });
    expect(waiting('12:03:40', 900, [])).toMatch(/^true: True\..*live to 12:03:40 \(1.0 s, 1 record behind\)/);
    expect(waiting('12:03:34', 6_900, [notes.behind(1, 6_900)])).toMatch(/^note: Behind\./);
    expect(waiting('12:02:26', 75_000, [notes.behind(1, 75_000)])).toBe(
      'stale: Behind. exact to 12:03:07, live to 12:02:26 (1 min 15 s, 1 record behind), audit: no difference, 0 dead letters',
    );
    expect(words({ provenance: { ...provenance, lagMs: null } })).toMatch(
      /^stale: Behind\..*how far behind is not known/,
    );
  });

  test('what waits is told once, late records with what becomes of them', () => {
    const told = [notes.behind(300, 16_000), notes.late(40), notes.extentUnknown()];
    const { notes: shown } = truthOf(input({ provenance: { ...provenance, deferredRecords: 40, notes: told } }));
    expect(shown).toEqual(['40 late records not counted yet: the next batch run counts them', notes.extentUnknown()]);
  });

  test('while nothing is counted and records wait, live to stands, however the answers come', () => {
    const waits = { ...provenance, lagRecords: 3, lagMs: 2_000 };
    const first = waitingSince(waits, at('12:03:40'), undefined);
    expect(first).toBe(at('12:03:38'));
    const known = { token: 't', sinceMs: first };
    expect(waitingSince({ ...waits, lagMs: 2_100 }, at('12:03:43'), known)).toBe(first);
    expect(waitingSince({ ...waits, token: 'u' }, at('12:03:43'), known)).toBe(at('12:03:41'));
    expect(waitingSince({ ...waits, lagMs: 0, lagRecords: 0 }, at('12:03:43'), known)).toBeUndefined();
  });

  test('without its live part it says since when and where the numbers stand', () => {
    const away = notes.liveStale(at('12:03:20'));
    const standing = { ...provenance, lagMs: 16_000, lagRecords: 300, notes: [away, notes.behind(300, 16_000)] };
    const told = { provenance: standing, waitingSinceMs: at('12:03:25') };
    expect(words(told)).toBe(
      'stale: Live part away. since 12:03:20: Redis is away or being read again, exact to 12:03:07, the numbers stand at 12:03:25 (16 s, 300 records behind), audit: no difference, 0 dead letters',
    );
    expect(truthOf(input(told)).notes).toEqual([]);
    // Nothing waits: they are whole.
    expect(words({ provenance: { ...provenance, notes: [away] } })).toMatch(
      /^note: Live part away\..*live to 12:03:41/,
    );
  });

  test('panels without an answer make it true in part, with why and since when', () => {
    const problem = { code: 'views-unavailable', status: 503, detail: 'ClickHouse cannot be read' };
    expect(words({ missing: { problem, sinceMs: at('12:03:30') } })).toMatch(
      /^note: True in part\. Panels below are missing or old since 12:03:30: ClickHouse cannot be read\. Asked again by itself\. The rest: exact to 12:03:07, live to/,
    );
  });

  test('dead letters are a part of their own, which leads to them', () => {
    expect(truthOf(input({ provenance: { ...provenance, deadLetters: 4 } })).deadLetters).toBe('4 dead letters');
    expect(words({ provenance: { ...provenance, deadLetters: null } })).toContain('dead letters not known');
  });

  test('refused says where it stands why', () => {
    const problem = { code: 'bad-instant', status: 400, detail: 'from is wrong', field: 'from' };
    expect(words({ connection: { kind: 'refused', problem } })).toBe(
      'away: Refused. the server does not take this address: the reason is below',
    );
  });

  test('a note of the server or a different audit is never shown as plainly true', () => {
    expect(words({ provenance: { ...provenance, notes: ['3 late records wait'] } })).toMatch(
      /^note: True, with a note/,
    );
    const told = truthOf(input({ provenance: { ...provenance, notes: ['stale since 2026-11-21T11:02:00.699Z: x'] } }));
    expect(told.notes).toEqual(['stale since 11:02:00: x']);
    const different = { ...provenance, audit: { ...provenance.audit, state: 'different' } };
    expect(words({ provenance: different })).toMatch(/^note: .*audit: a difference, the exact numbers stand/);
  });

  test('a fault of the server is told beside numbers that stand still', () => {
    const fault = { code: 'x', status: 503, detail: 'ClickHouse is away' };
    expect(words({ fault })).toMatch(
      /^stale: Standing still.*the server has trouble: ClickHouse is away, 0 dead letters$/,
    );
  });

  test('disconnected says of when the numbers are, and when it tries again', () => {
    const problem = { code: 'unreachable', status: 0, detail: 'the server does not answer' };
    const away = { kind: 'away' as const, sinceMs: at('12:03:30'), nextAtMs: at('12:03:45'), problem };
    expect(words({ connection: away })).toBe(
      'away: Disconnected. the server does not answer, the numbers are those of 12:03:30 (11 s ago), exact to 12:03:07, live to 12:03:30, trying again in 4 s',
    );
    expect(words({ connection: { ...away, sinceMs: 0, nextAtMs: 0 } })).toBe(
      'away: Disconnected. the server does not answer, trying again now',
    );
  });

  test('a server that is not ready yet is starting, with what it waits for', () => {
    const problem = { code: 'not-ready', status: 503, detail: 'Kafka is away' };
    const away = { kind: 'away' as const, sinceMs: 0, nextAtMs: at('12:03:42'), problem };
    expect(words({ connection: away })).toBe('waiting: Starting. Kafka is away, trying again in 1 s');
    expect(words({ connection: { ...away, sinceMs: at('12:03:30') } })).toMatch(
      /^away: Starting\. Kafka is away, the numbers are those of 12:03:30/,
    );
  });
});
