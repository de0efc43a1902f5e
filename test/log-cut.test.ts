// Attacks "nothing is skipped silently" end to end: a whole pipeline on a broker of its own, whose log is cut on its disk
// below what is counted and filled again past it. All three layers find it, and each answer says which offsets it is.
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { KAFKA_FOLDER, kafkaSpec } from '../stack/kafka.ts';
import { openMember } from '../stack/member.ts';
import { chooseFreePorts } from '../stack/ports.ts';
import { openPipeline } from './pipeline.ts';
import { placedOrder } from './record-sets.ts';
import { until } from './until.ts';

const toolsDir = new URL('../.tidemark/tools', import.meta.url).pathname;
const said = 'the log was cut at 1: offsets 1 to 2 were other records when they were read; now it ends at 6';

interface Answer {
  rows: { orders: number }[];
  provenance: { vector: number[]; lagRecords: number | null; notes: string[] };
}

test.skipIf(!existsSync(join(toolsDir, KAFKA_FOLDER)))(
  'a log cut below what is counted and filled again stops both layers, and each answer says what was lost',
  { timeout: 120_000 },
  async () => {
    await using cleanup = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-cut-'));
    cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
    const [port, controllerPort] = (await chooseFreePorts(2)) as [number, number];
    const dataDir = join(folder, 'data');
    const spec = await kafkaSpec({ dataDir, port, controllerPort, logFile: join(folder, 'kafka.log'), toolsDir });
    let broker = await openMember(spec);
    cleanup.defer(() => broker.close());

    const stack = { ...inject('stack'), kafkaBrokers: `127.0.0.1:${port}` };
    const pipeline = await openPipeline({ stack, partitions: 1 });
    cleanup.use(pipeline);
    const now = Date.now();
    const order = (n: number) => placedOrder(n, { occurredAt: now });
    const readyz = async (app: { inject: (url: string) => Promise<{ body: string }> }) =>
      (await app.inject('/readyz')).body;
    {
      await using speed = await pipeline.openSpeed();
      await using serving = await pipeline.openServing();
      for (const n of [0, 1, 2]) await pipeline.produce([order(n)]);
      await until('live and archived', async () => {
        const { rows } = (await serving.app.inject('/v1/query?measures=orders')).json<Answer>();
        const { run } = await pipeline.batch.makeRun([3]);
        return rows[0]?.orders === 3 && run.tidemark[0] === 3;
      });
      expect(speed.waitingFor()).toBeUndefined();
    }

    await broker.close();
    const segment = join(dataDir, 'log', `${pipeline.topic}-0`, '00000000000000000000.log');
    truncateSync(segment, 12 + readFileSync(segment).readInt32BE(8));
    broker = await openMember(spec);
    for (const n of [11, 12, 13, 14, 15]) {
      await until('written', () =>
        pipeline.produce([order(n)]).then(
          () => true,
          () => false,
        ),
      );
    }

    const speed = await pipeline.openSpeed();
    cleanup.use(speed);
    await until('speed has stopped', () => speed.waitingFor()?.includes('cut') === true);
    expect(speed.waitingFor()).toBe(`partition 0: ${said}`);
    await until('the archiver has stopped', async () => (await readyz(pipeline.batch.app)).includes(said));
    await using serving = await pipeline.openServing();
    const ask = async () => (await serving.app.inject('/v1/query?measures=orders&provenance=full')).json<Answer>();
    await until('serving says so', async () => (await ask()).provenance.notes.includes(`partition 0: ${said}`));
    // Redis empty: the archive still knows, and what takes over at the tidemark does not read on from there.
    await pipeline.redis.del(...(await pipeline.redis.keys(`${pipeline.redisPrefix}:*`)));
    await using successor = await pipeline.openSpeed();
    await speed[Symbol.asyncDispose]();
    await until('its successor has stopped as well', () => successor.waitingFor() === `partition 0: ${said}`);
    const { rows, provenance } = await ask();
    expect(rows[0]?.orders).toBe(3);
    expect(provenance.vector).toEqual([3]);
    expect(provenance.lagRecords).toBeNull();
    expect(provenance.notes).toContain(`partition 0: ${said}`);
  },
);
