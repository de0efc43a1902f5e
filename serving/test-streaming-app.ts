// For tests: the API on a port, over a world whose runs and flushes are made by hand; views are counted from its log.
import { createLogger } from '../runtime/logger.ts';
import type { Problem } from '../runtime/problem.ts';
import type { Generation } from '../schemas/generation.ts';
import type { LogEntry } from '../schemas/oracle.ts';
import { createServingApp } from './app.ts';
import { noChunkVersions } from './chunk-versions.ts';
import type { GroupMap } from './groups.ts';
import { addLivePart } from './live-part.ts';
import { createLiveSource } from './live-source.ts';
import { createLiveView } from './live-view.ts';
import { holdToDocument } from './test-answers.ts';
import { createWorld } from './test-live-world.ts';

export function createStreamingApp(
  generation: Generation,
  log: readonly LogEntry[],
  startMs: number,
  atLeastTimeoutMs = 0,
) {
  const world = createWorld(generation, log);
  const view = createLiveView(generation);
  const live = createLiveSource(view);
  const control = {
    nowMs: startMs,
    notes: [] as string[],
    away: undefined as Problem | undefined,
    /** Reads of the batch part: one an answer. */
    reads: 0,
  };
  const { rollups } = generation.definition;
  const dependencies = {
    generation,
    log: createLogger('test', 'silent'),
    clock: () => control.nowMs,
    atLeastTimeoutMs,
    servingMaxStreams: 3,
    live,
    batchViews: {
      async read(
        { run }: { run: { tidemark: readonly number[] } },
        read: Parameters<Parameters<typeof createServingApp>[0]['batchViews']['read']>[1],
      ) {
        control.reads += 1;
        if (control.away) throw control.away;
        const rollupIndex = rollups.findIndex(({ name }) => name === read.rollup);
        const grid = { starts: read.starts, steps: read.steps, end: read.to };
        const groups: GroupMap = new Map();
        const tilings = run.tidemark.map((v, p) => [world.epoch(p, 0, v)]);
        const plan = { ...read, query: read, rollup: rollups[rollupIndex]!, rollupIndex, grid };
        addLivePart(groups, tilings, plan as unknown as Parameters<typeof addLivePart>[2]);
        return [...groups.values()];
      },
      extent: async () => undefined,
    },
    pipeline: {
      waitingFor: () => undefined,
      ends: () => undefined,
      lagOf: () => undefined,
      deadLetters: () => undefined,
      runs: () => [],
      notes: () => control.notes,
    },
    operatorToken: 'operator-token-0123',
    forwardBatchRun: async () => ({ status: 200, contentType: 'application/json', body: '{}' }),
  };
  const app = createServingApp(dependencies);
  holdToDocument(app, generation.definition);

  return {
    app,
    world,
    live,
    control,
    dependencies,
    /** The writer flushes that many records, and its message arrives. */
    flush(partition: number, records: number, close = false) {
      const sent = world.channel.length;
      world.flush(partition, records, close);
      for (const message of world.channel.slice(sent)) view.applyFlush(message);
      live.notify();
    },
    /** Where the writer's open epoch is closed, a run is published and adopted. */
    publish() {
      const tidemark = world.states.map((state) => state!.epoch);
      world.publish(tidemark);
      view.offerRun({ run: world.runs.at(-1)!, offChain: [], published: world.runs.length, versions: noChunkVersions });
      live.notify();
    },
    /** The address of a server that listens, on any port where none is given. */
    async listen(port = 0) {
      for (let p = 0; p < generation.partitions; p += 1) view.takeSnapshot(p, world.snapshot(p));
      return app.listen({ host: '127.0.0.1', port });
    },
  };
}
