// How true the numbers are, in plain words. Pure.
import type { Provenance } from './answer.ts';
import type { Problem } from './problem.ts';
import type { Connection } from './connection.ts';
import { clockTime, duration, instantsIn, plural } from './format.ts';

type Level = 'waiting' | 'true' | 'note' | 'stale' | 'away';

export interface Truth {
  readonly level: Level;
  /** One word, or few. */
  readonly headline: string;
  /** A sentence before them: what is wrong with a part of the page. */
  readonly trouble?: string | undefined;
  /** Read as one sentence, with commas between. */
  readonly parts: readonly string[];
  /** Where there are any: the last part, which leads to where they can be read. */
  readonly deadLetters?: string | undefined;
  /** What else the server has to say. */
  readonly notes: readonly string[];
}

/** Queries that are asked in vain. */
export interface Missing {
  readonly problem: Problem;
  readonly sinceMs: number;
}

export interface TruthInput {
  readonly connection: Connection;
  readonly provenance: Provenance | undefined;
  /** As `waitingSince` has it. */
  readonly waitingSinceMs: number | undefined;
  readonly missing: Missing | undefined;
  readonly fault: Problem | undefined;
  readonly nowMs: number;
  readonly tz: string;
}

/** Behind by more than this is said; serving notes it too. */
const behindMs = 5_000;
/** Behind by more than this somebody must look; the page of the pipeline says so too. */
export const longBehindMs = 10_000;

/** Of a note of serving: Redis is away, or read again. */
export const isLivePartAway = (note: string): boolean => note.startsWith('live part stale');

/** What the sentence says already. */
const told = /^live part stale|not counted yet|late records? waits?/;

/**
 * Since when the oldest record waits that is accepted and not counted; undefined where none waits. As long as nothing more
 * is counted it stands, however the answers' ways differ.
 */
export function waitingSince(
  { token, lagMs, lagRecords }: Provenance,
  heardAtMs: number,
  before: { readonly token: string; readonly sinceMs: number | undefined } | undefined,
): number | undefined {
  if (lagMs === null || !lagRecords) return undefined;
  return (before?.token === token ? before.sinceMs : undefined) ?? heardAtMs - lagMs;
}

const connecting: Truth = {
  level: 'waiting',
  headline: 'Connecting',
  parts: ['asking for the first numbers'],
  notes: [],
};

export function truthOf(input: TruthInput): Truth {
  const { connection, provenance, waitingSinceMs, missing, fault, nowMs, tz } = input;
  const clock = (ms: number) => clockTime(ms, tz);
  switch (connection.kind) {
    case 'connecting':
      return connecting;
    case 'refused':
      return {
        level: 'away',
        headline: 'Refused',
        parts: ['the server does not take this address: the reason is below'],
        notes: [],
      };
    case 'away':
      return awayWords(connection, input, clock);
    case 'resting':
      return {
        level: 'stale',
        headline: 'Resting',
        parts: [`nobody looks at this page, so it stands still since ${clock(connection.sinceMs)}`],
        notes: [],
      };
    case 'live':
      break;
    default:
      return connection satisfies never;
  }
  if (!provenance) return connecting;
  const { lagMs, lagRecords, audit, deadLetters, deferredRecords } = provenance;
  const liveToMs = waitingSinceMs ?? nowMs;
  const lateMs = Math.max(0, nowMs - liveToMs);
  const away = provenance.notes.find(isLivePartAway);
  const isStanding = away !== undefined && waitingSinceMs !== undefined;
  const isStale = lagMs === null || lateMs > longBehindMs || isStanding || fault !== undefined;
  const isNoted = provenance.notes.length > 0 || audit.state === 'different' || lateMs > behindMs || !!missing;
  const notes = provenance.notes.filter((note) => !told.test(note)).map((note) => instantsIn(note, tz, nowMs));
  if (deferredRecords > 0)
    notes.unshift(
      `${plural(deferredRecords, 'late record')} not counted yet: the next batch run counts ${deferredRecords === 1 ? 'it' : 'them'}`,
    );
  const parts = [
    away && instantsIn(away.replace('live part stale ', ''), tz, nowMs),
    exactWords(provenance, clock),
    lagMs === null
      ? 'how far behind is not known'
      : `${isStanding ? 'the numbers stand at' : 'live to'} ${clock(liveToMs)} (${duration(lateMs)}${lagRecords ? `, ${plural(lagRecords, 'record')}` : ''} behind)`,
    auditWords(audit.state),
    fault && `the server has trouble: ${fault.detail}`,
    deadLetters ? undefined : deadLetters === null ? 'dead letters not known' : '0 dead letters',
  ].filter(isSaid);
  return {
    level: isStale ? 'stale' : isNoted ? 'note' : 'true',
    headline: fault
      ? 'Standing still'
      : away
        ? 'Live part away'
        : lagMs === null || lateMs > behindMs
          ? 'Behind'
          : missing
            ? 'True in part'
            : isNoted
              ? 'True, with a note'
              : 'True',
    trouble:
      missing &&
      `Panels below are missing or old since ${clock(missing.sinceMs)}: ${missing.problem.detail}. Asked again by itself. The rest:`,
    parts,
    deadLetters: deadLetters ? plural(deadLetters, 'dead letter') : undefined,
    notes,
  };
}

const isSaid = (part: string | undefined): part is string => part !== undefined;

function exactWords({ runPublishedAt }: Provenance, clock: (ms: number) => string): string {
  return `exact to ${clock(Date.parse(runPublishedAt))}`;
}

/** Also where a run is told of. */
export function auditWords(state: string): string {
  if (state === 'different') return 'audit: a difference, the exact numbers stand';
  return `audit: ${state === 'equal' ? 'no difference' : state === 'not-compared' ? 'nothing compared' : state}`;
}

function awayWords(
  { sinceMs, nextAtMs, problem }: Extract<Connection, { kind: 'away' }>,
  { provenance, waitingSinceMs, nowMs }: TruthInput,
  clock: (ms: number) => string,
): Truth {
  const leftMs = Math.max(0, nextAtMs - nowMs);
  const again = leftMs === 0 ? 'trying again now' : `trying again in ${Math.ceil(leftMs / 1_000)}\u00a0s`;
  const isStarting = problem.code === 'not-ready';
  const known = sinceMs > 0 ? provenance : undefined;
  return {
    level: isStarting && !known ? 'waiting' : 'away',
    headline: isStarting ? 'Starting' : 'Disconnected',
    parts: [
      problem.status === 0 ? 'the server does not answer' : problem.detail,
      known && `the numbers are those of ${clock(sinceMs)} (${duration(Math.max(0, nowMs - sinceMs))} ago)`,
      known && exactWords(known, clock),
      known && known.lagMs !== null ? `live to ${clock(waitingSinceMs ?? sinceMs)}` : undefined,
      again,
    ].filter(isSaid),
    notes: [],
  };
}
