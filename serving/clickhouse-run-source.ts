// RunSource in ClickHouse.
import { readCurrentRun } from '../runtime/batch-runs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import { findChain, pinRun } from './pin-run.ts';
import type { RunSource } from './run-source.ts';
import { findBroken } from './run-wholeness.ts';

export function createClickHouseRunSource(clickhouse: ClickHouse, generation: Generation): RunSource {
  return {
    current: () => readCurrentRun(clickhouse, generation),
    pin: (run, known) => pinRun(clickhouse, generation, run, known),
    async findBroken(pinned, after) {
      // What was found whole before counts only of an ancestor: the store may have been set back since.
      const { ancestors } = await findChain(clickhouse, generation, pinned.run);
      return findBroken(clickhouse, generation, pinned, ancestors.has(after) ? after : '');
    },
  };
}
