// What many readers of the stream cost the others: the same flow of orders with and without them, turn by turn.
import { openChild } from './child.ts';
import { type FlowOptions, type FlowResult, measureFlow } from './order-flow.ts';
import { processorSeconds } from './processor-time.ts';
import type { Tidemark, World } from './world.ts';

/** Half of the readers each, at the default interval of 100 ms: the probe's question, and a longer one. */
export const readerQueries = [
  'measures=orders,grossMinor&by=store,currency&last=1h',
  'measures=orders,grossMinor&by=store,currency&window=minute&last=15m',
] as const;

export interface ReadersRound extends FlowResult {
  readonly readers: number;
  /** Processor seconds of each process for a second of the flow. */
  readonly processors: Readonly<Record<string, number>>;
  /** Read by all of the readers together, in a second. */
  readonly readBytesPerSecond: number;
}

export interface ReadersOptions extends FlowOptions {
  readonly readers: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

export async function measureReaders(
  world: World,
  tidemark: Tidemark,
  options: ReadersOptions,
): Promise<ReadersRound[]> {
  const results: ReadersRound[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    for (const readers of [0, options.readers]) {
      const result = await measureRound(world, tidemark, 1_000 + results.length, readers, options);
      options.say(
        `  ${readers} readers: acknowledgement p99 ${result.acknowledgement.p99.toFixed(1)} ms, freshness p99 ${result.freshness.p99.toFixed(1)} ms`,
      );
      results.push(result);
    }
  }
  return results;
}

async function measureRound(
  world: World,
  tidemark: Tidemark,
  seed: number,
  readers: number,
  options: ReadersOptions,
): Promise<ReadersRound> {
  await using child = openChild('many-readers.ts', [tidemark.servingUrl, String(readers), ...readerQueries]);
  await child.message();
  const members = [...world.engines, ...tidemark.services];
  const processes = new Map(members.map(({ name, pid }) => [name, pid]));
  processes.set('readers', child.pid).set('this process (orders, probe)', process.pid);
  type Read = { readonly bytes: number; readonly failed?: string };
  const before = { at: performance.now(), used: processorSeconds(processes), read: await child.ask<Read>('report') };
  const flow = await measureFlow(tidemark, seed, options);
  const seconds = (performance.now() - before.at) / 1_000;
  const after = { used: processorSeconds(processes), read: await child.ask<Read>('report') };
  if (after.read.failed !== undefined) throw new Error(after.read.failed);
  const used = [...after.used].map(([name, total]) => [name, (total - before.used.get(name)!) / seconds] as const);
  return {
    ...flow,
    readers,
    processors: Object.fromEntries(used),
    readBytesPerSecond: (after.read.bytes - before.read.bytes) / seconds,
  };
}
