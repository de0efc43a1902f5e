// RunSource in ClickHouse.
import { readCurrentRun } from '../runtime/batch-runs.ts';
import type { ClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';
import { pinRun } from './pin-run.ts';
import type { RunSource } from './run-source.ts';
import { findBroken } from './run-wholeness.ts';

export function createClickHouseRunSource(clickhouse: ClickHouse, generation: Generation): RunSource {
  return {
    current: () => readCurrentRun(clickhouse, generation),
    pin: (run, known) => pinRun(clickhouse, generation, run, known),
    findBroken: (pinned, after) => findBroken(clickhouse, generation, pinned, after),
  };
}
