// The audit of one attempt: the epochs that it absorbs are read from speed and compared with what it made.
import type { Rollup } from '../schemas/definition.ts';
import type { Generation } from '../schemas/generation.ts';
import { type AuditResult, audit } from './audit.ts';
import type { Attempt, RunStore } from './run-store.ts';
import type { AbsorbedEpoch, SpeedState } from './speed-state.ts';

export interface AuditRunDependencies {
  readonly runs: RunStore;
  readonly speedState: SpeedState;
  readonly generation: Generation;
}

/** Call it after the recomputation. A partition whose epochs are not there is left apart. */
export async function auditRun(
  { runs, speedState, generation }: AuditRunDependencies,
  attempt: Attempt,
): Promise<AuditResult> {
  const { parent, tidemark, broken } = attempt;
  if (broken.length > 0) return repaired(broken);
  const epochs: AbsorbedEpoch[] = [];
  const apart: number[] = [];
  const compared: number[] = [];
  for (const [partition, to] of tidemark.entries()) {
    const from = parent.tidemark[partition]!;
    if (from === to) continue;
    const absorbed = await speedState.epochs(partition, from, to).catch(() => undefined);
    if (absorbed) {
      compared.push(partition);
      epochs.push(...absorbed);
    } else apart.push(partition);
  }
  const increment = (rollup: Rollup) => runs.incrementRows(attempt, rollup, apart);
  return audit({ generation, epochs, apart, compared, increment });
}

function repaired(broken: readonly number[]): AuditResult {
  const auditNote = `${broken.length} chunks of the views had lost rows and were made again: nothing to compare with`;
  return { audit: 'not-compared', auditedEvents: 0, auditNote };
}
