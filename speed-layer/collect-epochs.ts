// Forgets the epochs that a published run has replaced for every reader: those below its parent's tidemark. Never a matter
// of safety.
import type { Logger } from '../runtime/logger.ts';
import type { BatchRun } from '../schemas/layout-clickhouse.ts';
import type { CounterStore } from './counter-store.ts';
import type { TidemarkSource } from './tidemark-source.ts';

export async function collectEpochs(
  partition: number,
  run: BatchRun,
  { source, store, log }: { readonly source: TidemarkSource; readonly store: CounterStore; readonly log: Logger },
): Promise<void> {
  try {
    const marks = await source.parentTidemark(run);
    const mark = marks?.[partition];
    if (mark !== undefined) await store.collect(partition, mark);
  } catch (err) {
    log.debug({ partition, err }, 'collecting old epochs failed; the next run tries again');
  }
}
