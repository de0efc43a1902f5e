// The loop that reads from one leader: ask for positions, one fetch with all of them, hand over what came, again.
// Ends when this broker leads nothing any more or the signal aborts. A partition is in one fetch at a time.
import { FetchIsolationLevels, type fetchV13, protocolErrorsCodesById } from '@platformatic/kafka';
import { createBackoff } from './backoff.ts';
import { type BrokerConnectionOptions, createBrokerConnection } from './broker-connection.ts';
import { KafkaError } from './errors.ts';
import { type FetchedPartitionOrError, fetchRaw } from './fetch-response.ts';
import type { PartitionRest } from './partition-rest.ts';
import type { FollowHandler, LogRange, RecordSet } from './record-log.ts';
import { createRecordSet } from './record-set.ts';
import type { TopicView } from './topic-view.ts';
import type { WakeBell } from './wake-bell.ts';

interface FollowSettings {
  topic: string;
  maxWaitMs: number;
  minBytes: number;
  maxBytes: number;
  partitionMaxBytes: number;
  maxInflatedBytes: number;
  connection: BrokerConnectionOptions;
}

/** What all loops of one follow share. */
export interface FollowShared {
  view: TopicView;
  settings: FollowSettings;
  handler: FollowHandler;
  /** Rung when positions may have changed. */
  bell: WakeBell;
  onTrouble: (error: unknown) => void;
  /** What does not go well now, in words: by broker, by partition (number), or of the leaders. */
  troubles: Map<string | number, string>;
  /** Partitions in some loop's fetch: when leadership moves, two loops must not hand over the same offsets. */
  inFlight: Set<number>;
  /** Partitions reported lost, with the offset; they rest until another one is wanted. */
  lost: Map<number, number>;
  rest: PartitionRest;
  /** Asks for fresh leaders; does not wait for them. */
  markStale: () => void;
}

const OFFSET_OUT_OF_RANGE = 1;
/** Bounds what a forgotten wake() costs. */
const IDLE_MS = 1_000;

/** Rejects only with what the handler threw. */
export async function followLeader(shared: FollowShared, address: string, ended: AbortSignal): Promise<void> {
  const { view, settings, bell, inFlight } = shared;
  const connection = createBrokerConnection(address, settings.connection);
  const close = () => connection.close();
  ended.addEventListener('abort', close);
  const backoff = createBackoff();

  async function fetchOnce(wanted: ReadonlyMap<number, number>, turn: number): Promise<FetchedPartitionOrError[]> {
    try {
      const response = await connection.request('Fetch', fetchRaw, ...fetchRequest(shared, wanted, turn));
      if (response.errorCode !== 0) throw refused('Fetch', response.errorCode);
      backoff.reset();
      shared.troubles.delete(address);
      return response.partitions;
    } catch (error) {
      if (ended.aborted) return [];
      shared.troubles.set(address, (error as Error).message);
      shared.onTrouble(error);
      connection.drop();
      shared.markStale();
      await backoff.pause(ended);
      return [];
    }
  }

  try {
    for (let turn = 0; !ended.aborted && view.current().leaders.some((leader) => leader.address === address); turn++) {
      const { wanted, idleMs } = planFetch(shared, address);
      if (wanted.size === 0) {
        await bell.wait(idleMs, ended);
        continue;
      }
      for (const partition of wanted.keys()) inFlight.add(partition);
      try {
        for (const fetched of await fetchOnce(wanted, turn)) {
          const from = wanted.get(fetched.partition);
          if (from !== undefined && !ended.aborted) await handOver(shared, fetched, from);
        }
      } finally {
        for (const partition of wanted.keys()) inFlight.delete(partition);
      }
    }
  } finally {
    shared.troubles.delete(address);
    ended.removeEventListener('abort', close);
    connection.close();
  }
}

/** The partitions to ask this leader for now; if there are none, for how long there is nothing to do. */
function planFetch(shared: FollowShared, address: string): { wanted: Map<number, number>; idleMs: number } {
  const { leaders } = shared.view.current();
  const wanted = new Map<number, number>();
  const positions = shared.handler.positions();
  let idleMs = IDLE_MS;
  for (const key of shared.troubles.keys())
    if (typeof key === 'number' && !positions.has(key)) shared.troubles.delete(key);
  for (const [partition, offset] of positions) {
    if (leaders[partition]?.address !== address || shared.inFlight.has(partition)) continue;
    if (shared.lost.get(partition) === offset) continue;
    shared.lost.delete(partition);
    const remainingMs = shared.rest.remainingMs(partition);
    if (remainingMs === 0) wanted.set(partition, offset);
    else idleMs = Math.min(idleMs, remainingMs);
  }
  return { wanted, idleMs };
}

/** The broker fills an answer in the order asked, up to the size limits: another partition is first each turn. */
function fetchRequest(
  { view, settings, handler }: FollowShared,
  wanted: ReadonlyMap<number, number>,
  turn: number,
): fetchV13.FetchRequest {
  const { leaders, topicId } = view.current();
  const partitions = [...wanted].map(([partition, offset]) => ({
    partition,
    currentLeaderEpoch: leaders[partition]?.epoch ?? -1,
    fetchOffset: BigInt(offset),
    lastFetchedEpoch: handler.leaderEpoch?.(partition) ?? -1,
    partitionMaxBytes: settings.partitionMaxBytes,
  }));
  const first = turn % partitions.length;
  const rotated = [...partitions.slice(first), ...partitions.slice(0, first)];
  const { maxWaitMs, minBytes, maxBytes } = settings;
  const isolation = FetchIsolationLevels.READ_COMMITTED;
  // Session 0, epoch -1: no fetch session, each request stands for itself.
  return [maxWaitMs, minBytes, maxBytes, isolation, 0, -1, [{ topicId, partitions: rotated }], [], ''];
}

/** One partition's part of the answer. Its own trouble rests it and is reported; only the handler's faults are thrown. */
async function handOver(shared: FollowShared, fetched: FetchedPartitionOrError, from: number): Promise<void> {
  const { handler, rest, settings } = shared;
  const { partition, errorCode } = fetched;
  const isWanted = () => handler.positions().get(partition) === from;
  const trouble = (error: unknown) => {
    rest.failed(partition);
    shared.troubles.set(partition, (error as Error).message);
    shared.onTrouble(error);
  };
  if (errorCode === OFFSET_OUT_OF_RANGE || fetched.divergesAt !== undefined) {
    const cutAt = fetched.divergesAt;
    let range: LogRange;
    try {
      range = (await shared.view.ranges([partition])).get(partition)!;
    } catch (error) {
      return trouble(error);
    }
    // A replica that has just become leader can answer so for a moment.
    if (cutAt === undefined && from >= range.start && from <= range.end)
      return trouble(refused('Fetch', errorCode, partition));
    if (!isWanted()) return;
    shared.lost.set(partition, from);
    const lost = { partition, wanted: from, logStart: range.start, end: range.end };
    await handler.onOffsetLost(cutAt === undefined ? lost : { ...lost, cutAt });
    return;
  }
  if (errorCode !== 0) {
    shared.markStale();
    return trouble(refused('Fetch', errorCode, partition));
  }
  let set: RecordSet | null;
  try {
    set = createRecordSet(fetched, from, settings.maxInflatedBytes);
  } catch (error) {
    return trouble(error);
  }
  rest.recovered(partition);
  shared.troubles.delete(partition);
  if (set && isWanted()) await handler.onRecordSet(set);
}

function refused(request: string, code: number, partition?: number): KafkaError {
  const protocolCode = protocolErrorsCodesById[code] ?? String(code);
  const where = partition === undefined ? '' : ` for partition ${partition}`;
  const data = { request, protocolCode, ...(partition === undefined ? {} : { partition }) };
  return new KafkaError('request-failed', `Kafka answers ${protocolCode} to ${request}${where}`, data, {
    retryable: true,
  });
}
