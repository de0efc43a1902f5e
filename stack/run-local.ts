// The local stack by hand, on free ports, with throw-away data: prints its addresses as environment variables and stops
// on Ctrl-C. `node stack/run-local.ts`
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalStack } from './local-stack.ts';

const asked = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => asked.abort());

const folder = mkdtempSync(join(tmpdir(), 'tidemark-stack-'));
try {
  await using stack = await openLocalStack({
    dataDir: join(folder, 'data'),
    logDir: join(folder, 'logs'),
    ports: { kafka: 0, redis: 0, clickhouse: 0 },
    signal: asked.signal,
  });
  process.stdout.write(
    `export TIDEMARK_KAFKA_BROKERS=${stack.kafkaBrokers} TIDEMARK_REDIS_URL=${stack.redisUrl} TIDEMARK_CLICKHOUSE_URL=${stack.clickhouseUrl}\n`,
  );
  if (!asked.signal.aborted) await once(asked.signal, 'abort');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
