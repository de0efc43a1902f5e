// How true the numbers are, in plain words. Pure.
import type { Provenance } from './answer.ts';
import type { Problem } from './problem.ts';
import type { Connection } from './connection.ts';
import { clockTime, count, duration, instantsIn } from './format.ts';

type Level = 'waiting' | 'true' | 'note' | 'stale' | 'away';

export interface Truth {
  readonly level: Level;
  /** One word, or few. */
  readonly headline: string;
  /** Read as one sentence, with commas between. */
  readonly parts: readonly string[];
  /** What else the server has to say. */
  readonly notes: readonly string[];
}

export interface TruthInput {
  readonly connection: Connection;
  readonly provenance: Provenance | undefined;
  readonly fault: Problem | undefined;
  readonly nowMs: number;
  readonly tz: string;
}

/** Behind by more than this is stale; serving notes it too. */
const staleMs = 5_000;

export function truthOf({ connection, provenance, fault, nowMs, tz }: TruthInput): Truth {
  const clock = (ms: number) => clockTime(ms, tz);
  switch (connection.kind) {
    case 'connecting':
      return { level: 'waiting', headline: 'Connecting', parts: ['asking for the first numbers'], notes: [] };
    case 'refused': {
      return {
        level: 'away',
        headline: 'Refused',
        parts: ['see below'],
        notes: [],
      };
    }
    case 'away':
      return awayWords(connection, nowMs, clock);
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
  if (!provenance)
    return { level: 'waiting', headline: 'Connecting', parts: ['waiting for the first answer'], notes: [] };
  const { lagMs, lagRecords, audit, deadLetters } = provenance;
  const notes = provenance.notes.map((note) => instantsIn(note, tz));
  const isStale = lagMs === null || lagMs > staleMs || fault !== undefined;
  const parts = [
    ...exactPart(provenance, clock),
    lagMs === null
      ? 'how far behind is not known'
      : `live to ${clock(nowMs - lagMs)} (${duration(lagMs)}${lagRecords ? `, ${plural(lagRecords, 'record')}` : ''} behind)`,
    auditWords(audit.state),
    deadLetters === null ? 'dead letters not known' : plural(deadLetters, 'dead letter'),
    ...(fault ? [`the server has trouble: ${fault.detail}`] : []),
  ];
  const isNoted = notes.length > 0 || audit.state === 'different';
  if (isStale) return { level: 'stale', headline: fault ? 'Standing still' : 'Behind', parts, notes };
  return { level: isNoted ? 'note' : 'true', headline: isNoted ? 'True, with a note' : 'True', parts, notes };
}

function exactPart({ runPublishedAt, run }: Provenance, clock: (ms: number) => string): string[] {
  // A run's id begins with the milliseconds at which it began, in hexadecimal digits.
  const at = runPublishedAt === undefined ? Number.parseInt(run.slice(0, 12), 16) : Date.parse(runPublishedAt);
  return Number.isFinite(at) ? [`exact to ${clock(at)}`] : [];
}

/** Also where a run is told of. */
export function auditWords(state: string): string {
  if (state === 'different') return 'audit: a difference, the exact numbers stand';
  return `audit: ${state === 'equal' ? 'no difference' : state.replaceAll('-', ' ')}`;
}

function awayWords(
  { sinceMs, nextAtMs, problem }: Extract<Connection, { kind: 'away' }>,
  nowMs: number,
  clock: (ms: number) => string,
): Truth {
  const leftMs = Math.max(0, nextAtMs - nowMs);
  const again = leftMs === 0 ? 'trying again now' : `trying again in ${Math.ceil(leftMs / 1_000)} s`;
  if (problem.code === 'not-ready') {
    return {
      level: 'waiting',
      headline: 'Starting',
      parts: [problem.detail, again],
      notes: [],
    };
  }
  const stand = sinceMs > 0 ? [`the numbers are those of ${clock(sinceMs)}`] : ['no numbers yet'];
  return {
    level: 'away',
    headline: 'Disconnected',
    parts: [problem.status === 0 ? 'the server does not answer' : problem.detail, ...stand, again],
    notes: [],
  };
}

function plural(number: number, word: string): string {
  return `${count(number)} ${word}${number === 1 ? '' : 's'}`;
}
