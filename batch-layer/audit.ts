// The audit: the run's increment over its parent against the counters of the epochs that it absorbs, integer for
// integer, deferred events apart. A difference is kept as evidence; the batch value stands.
import { decodeCellKey, encodeCellKey, type RollupCells } from '../schemas/cells.ts';
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { AbsorbedEpoch } from './speed-state.ts';

export type AuditResult = Pick<BatchRun, 'audit' | 'auditedEvents' | 'auditNote'>;

/** Rows of incrementSql: the rollup's key columns, and total_facts, total_<measure>…; 64-bit integers as text. */
export type IncrementRow = Readonly<Record<string, string | number>>;

export interface AuditInput {
  readonly generation: Generation;
  readonly epochs: readonly AbsorbedEpoch[];
  /** Partitions of the run's range whose epochs could not be compared. */
  readonly apart: readonly number[];
  readonly compared: readonly number[];
  readonly increment: (rollup: Rollup) => Promise<readonly IncrementRow[]>;
}

const maxEvidence = 20;

export async function audit(input: AuditInput): Promise<AuditResult> {
  const { generation, epochs, apart, compared } = input;
  const without =
    apart.length > 0 ? `partitions ${apart.join(', ')} could not be compared: their epochs are not there` : '';
  if (compared.length === 0)
    return { audit: 'not-compared', auditedEvents: 0, auditNote: without || 'nothing to compare' };
  const live = generation.definition.rollups.map((_, i) => sumCells(epochs.map((epoch) => epoch.cells[i]!)));
  const evidence: string[] = [];
  for (const [i, rollup] of generation.definition.rollups.entries()) {
    evidence.push(...differences(rollup, await input.increment(rollup), live[i]!));
  }
  const auditedEvents = epochs.reduce((sum, epoch) => sum + epoch.ledger.counted, 0);
  if (evidence.length === 0) return { audit: 'equal', auditedEvents, auditNote: without };
  const shown = evidence.slice(0, maxEvidence).join('; ');
  const more = evidence.length > maxEvidence ? `; and ${evidence.length - maxEvidence} more` : '';
  return { audit: 'different', auditedEvents, auditNote: [shown + more, without].filter(Boolean).join('. ') };
}

/** In bigint: each epoch stays below 2^53, their sum need not. */
function sumCells(epochs: readonly RollupCells[]): Map<string, bigint[]> {
  const sums = new Map<string, bigint[]>();
  for (const cells of epochs)
    for (const [key, cell] of cells) {
      const sum = sums.get(key);
      if (sum) for (const [i, n] of cell.entries()) sum[i]! += BigInt(n);
      else sums.set(key, cell.map(BigInt));
    }
  return sums;
}

/** Each cell in which batch and live differ, in words. Sums are compared as decimal text: no rounding. */
function differences(
  rollup: Rollup,
  rows: readonly IncrementRow[],
  live: ReadonlyMap<string, readonly bigint[]>,
): string[] {
  const names = ['facts', ...rollup.measures];
  const rest = new Map(live);
  const found: string[] = [];
  for (const row of rows) {
    const windowIndex = Number(row['windowStart']) / rollup.windowMs;
    const key = encodeCellKey(
      windowIndex,
      rollup.dimensions.map((name) => String(row[name])),
    );
    const batch = names.map((name) => String(row[`total_${name}`])).join(',');
    const counted = rest.get(key)?.join(',') ?? names.map(() => '0').join(',');
    rest.delete(key);
    if (batch !== counted) found.push(inWords(rollup, key, batch, counted));
  }
  for (const [key, cell] of rest)
    if (cell.some((n) => n !== 0n)) found.push(inWords(rollup, key, names.map(() => '0').join(','), cell.join(',')));
  return found;
}

function inWords(rollup: Rollup, key: string, batch: string, live: string): string {
  const { windowIndex, values } = decodeCellKey(key);
  const at = new Date(windowIndex * rollup.windowMs).toISOString();
  return `${rollup.name} ${at} ${values.join('/')}: batch ${batch}, live ${live} (facts,${rollup.measures.join(',')})`;
}
