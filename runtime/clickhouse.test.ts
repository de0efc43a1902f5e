// What a failed statement says, on the real ClickHouse.
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createGeneration } from '../schemas/generation.ts';
import { hashKeyParams } from '../schemas/identity.ts';
import { foldSql } from '../schemas/sql.ts';
import { openOwnDatabase } from '../test/own-database.ts';

const hashKey = '000102030405060708090a0b0c0d0e0f';
const generation = createGeneration({ topic: 'orders', partitions: 1, horizonMs: 3_600_000, hashKey });
const { clickhouse } = openOwnDatabase(generation);

test.each([
  ['of a table that is gone', foldSql(generation.definition, generation.definition.rollups.at(-1)!, 'gone'), 'gone'],
  ['whose key is refused', "SELECT sipHash64Keyed(({k0:UInt64}, {k1:UInt64}, 1), 'x')", 'The key must be of type'],
])(
  'the fault of a statement %s says why and never shows the hash key, in its message or in a log',
  async (_, sql, why) => {
    const params = hashKeyParams(generation.identityKey);
    for (const ask of [() => clickhouse.query(sql, params), () => clickhouse.command(`${sql} FORMAT Null`, params)]) {
      const err: unknown = await ask().catch((error: unknown) => error);
      let line = '';
      pino({}, { write: (text) => void (line += text) }).error({ err }, 'failed');
      expect(line).toContain(why);
      // Nor the beginning of a half.
      for (const half of Object.values(params)) expect(line).not.toContain(half.slice(0, 8));
    }
  },
);
