// How each fault is done to the world, and undone.
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { ClickHouse } from '../../runtime/clickhouse.ts';
import { viewTable } from '../../schemas/layout-clickhouse.ts';
import { identify, isStillRunning } from '../../stack/process-identity.ts';
import type { FaultKind, PlannedFault } from './schedule.ts';
import type { LinkMode } from './tcp-proxy.ts';
import type { ProcessName, World } from './world.ts';

/** Undoes it. */
export type Lift = () => Promise<void>;

export interface FaultTools {
  readonly world: World;
  readonly clickhouse: ClickHouse;
  /** Asks for a batch run; resolves when it is answered, however. */
  readonly askForRun: () => Promise<unknown>;
}

/** Resolves once the fault is there. */
export async function inject(tools: FaultTools, fault: PlannedFault): Promise<Lift> {
  const { world, clickhouse } = tools;
  const kind: FaultKind = fault.kind;
  switch (kind) {
    case 'kill-speed':
    case 'kill-service':
    case 'kill-kafka':
    case 'kill-redis':
    case 'kill-clickhouse':
      kill(world, fault.target as ProcessName);
      return nothing;
    case 'freeze-speed':
    case 'freeze-service':
    case 'freeze-kafka':
    case 'freeze-redis':
    case 'freeze-clickhouse':
      return freeze(world, fault.target as ProcessName);
    case 'restart-speed':
      // Not waited for: its partitions must not wait for it either. Where it does not come up, it is tried again.
      void world
        .member(fault.target as ProcessName)
        .restart()
        .catch(() => {});
      return nothing;
    case 'flushall':
      await onRedis(world, (redis) => redis.flushall());
      return nothing;
    case 'lost-key':
      await onRedis(world, async (redis) => redis.del(await someKey(redis, fault.chance)));
      return nothing;
    case 'wrong-type':
      await onRedis(world, async (redis) => {
        const key = await someKey(redis, fault.chance);
        await redis.multi().del(key).geoadd(key, 0, 0, 'nothing of ours').exec();
      });
      return nothing;
    case 'older-redis':
      return keepRedis(world);
    case 'kill-clickhouse-in-run':
      await killInRun(tools, fault.chance);
      return nothing;
    case 'lost-views': {
      const { rollups } = world.generation.definition;
      const rollup = rollups[Math.floor(fault.chance * rollups.length)]!;
      await clickhouse.command(`TRUNCATE TABLE ${viewTable(world.generation, rollup)}`);
      return nothing;
    }
    case 'delay-link':
      return setLink(world, fault.target, { kind: 'delay', ms: 50 + Math.round(fault.chance * 950) });
    case 'cut-link':
      return setLink(world, fault.target, { kind: 'cut' });
    case 'half-open-link':
      return setLink(world, fault.target, { kind: 'half-open' });
    case 'reset-link':
      world.link(fault.target).reset();
      return nothing;
    default:
      return kind satisfies never;
  }
}

const nothing: Lift = async () => {};

/** The process may be gone already, by another fault. */
function kill(world: World, name: ProcessName): void {
  const identity = identify(world.member(name).pid);
  if (identity) process.kill(identity.pid, 'SIGKILL');
}

function freeze(world: World, name: ProcessName): Lift {
  const identity = identify(world.member(name).pid);
  if (!identity) return nothing;
  process.kill(identity.pid, 'SIGSTOP');
  return async () => {
    if (isStillRunning(identity)) process.kill(identity.pid, 'SIGCONT');
  };
}

async function setLink(world: World, name: string, mode: LinkMode): Promise<Lift> {
  await world.link(name).set(mode);
  return () => world.link(name).set({ kind: 'pass' });
}

async function onRedis(world: World, work: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(world.direct.redisUrl, { maxRetriesPerRequest: 100, commandTimeout: 30_000 });
  redis.on('error', () => {});
  try {
    await work(redis);
  } finally {
    redis.disconnect();
  }
}

async function someKey(redis: Redis, chance: number): Promise<string> {
  const keys = (await redis.keys('*')).toSorted();
  return keys[Math.floor(chance * keys.length)] ?? 'none';
}

/** Keeps a copy of Redis's files now; lifting kills Redis and puts the copy back, while it is stopped. */
function keepRedis(world: World): Lift {
  const [now, older, newer] = ['appendonlydir', 'older', 'newer'].map((name) => join(world.redisDir, name)) as [
    string,
    string,
    string,
  ];
  rmSync(older, { recursive: true, force: true });
  cpSync(now, older, { recursive: true });
  return async () => {
    const identity = identify(world.member('redis').pid);
    if (identity) process.kill(identity.pid, 'SIGSTOP');
    renameSync(now, newer);
    renameSync(older, now);
    rmSync(newer, { recursive: true });
    if (identity) process.kill(identity.pid, 'SIGKILL');
  };
}

/** Asks for runs until one was under way when the front died. */
async function killInRun({ world, askForRun }: FaultTools, chance: number): Promise<void> {
  for (let waitMs = 20 + chance * 400; ; waitMs /= 2) {
    let answered = false;
    void askForRun().finally(() => (answered = true));
    await delay(waitMs);
    if (answered && waitMs > 1) continue;
    kill(world, 'clickhouse');
    return;
  }
}
