// A ClickHouse database of one test file's own: made with the generation's tables where one is given, dropped at the end.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, inject } from 'vitest';
import { ensureTables, openClickHouse } from '../runtime/clickhouse.ts';
import type { Generation } from '../schemas/generation.ts';

export function openOwnDatabase(generation?: Generation) {
  const options = {
    clickhouseUrl: inject('stack').clickhouseUrl,
    clickhouseUser: 'default',
    clickhousePassword: '',
    clickhouseDatabase: `t${randomBytes(5).toString('hex')}`,
  };
  const clickhouse = openClickHouse(options);
  if (generation) beforeAll(() => ensureTables(options, generation, 0));
  afterAll(async () => {
    await clickhouse.command(`DROP DATABASE IF EXISTS ${options.clickhouseDatabase}`);
    await clickhouse.close();
  });
  return { options, clickhouse };
}
