// `GroupMember` over @platformatic/kafka's Consumer, used for its membership only: no stream is ever opened.
// The Consumer beats and follows rebalances by itself, but gives up after a rejoin that failed; this file does not.
import { Consumer } from '@platformatic/kafka';
import { createBackoff } from './backoff.ts';
import { KafkaError, type KafkaErrorData } from './errors.ts';
import type { GroupMember, GroupMemberOptions } from './group-member.ts';

/** Resolves when the first assignment has been handed over. Rejects with `group-failed` after `joinTimeoutMs`. */
export async function joinGroup(options: GroupMemberOptions): Promise<GroupMember> {
  const { brokers, clientId, groupId, topic, onAssignment, onTrouble = () => {} } = options;
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 10_000;
  const rebalanceTimeoutMs = options.rebalanceTimeoutMs ?? 10_000;
  const left = new AbortController();
  let assigned: ReadonlySet<number> = new Set();
  let handedOver = Promise.resolve();
  let pending = false;
  let rejoining = false;

  const consumer = new Consumer({
    clientId,
    groupId,
    bootstrapBrokers: brokers,
    groupProtocol: 'classic',
    autocommit: false,
    autocreateTopics: false,
    sessionTimeout: sessionTimeoutMs,
    // The library wants it at or above the session time-out.
    rebalanceTimeout: Math.max(rebalanceTimeoutMs, sessionTimeoutMs),
    // Members learn of a rebalance by their next heartbeat only: it bounds how long a partition that was given up waits.
    heartbeatInterval: Math.min(150, Math.floor(sessionTimeoutMs / 4)),
    // A join is answered only when the rebalance is over, and the library has one time-out for all requests.
    requestTimeout: Math.max(rebalanceTimeoutMs, sessionTimeoutMs) + 5_000,
    connectTimeout: 5_000,
    retries: 3,
    retryDelay: 250,
  });
  consumer.topics.track(topic);

  function failed(operation: KafkaErrorData['group-failed']['operation'], cause: unknown): KafkaError {
    const message = `${operation} failed in consumer group ${groupId}: ${(cause as Error).message}`;
    return new KafkaError('group-failed', message, { groupId, operation }, { retryable: true, cause });
  }

  async function handOver(): Promise<void> {
    pending = false;
    if (left.signal.aborted) return;
    try {
      await onAssignment(assigned);
    } catch (error) {
      onTrouble(failed('assignment', error));
    }
  }

  consumer.on('consumer:group:join', ({ assignments }) => {
    assigned = new Set(assignments?.flatMap((each) => (each.topic === topic ? each.partitions : [])));
    if (pending) return;
    pending = true;
    handedOver = handedOver.then(handOver);
  });
  consumer.on('consumer:heartbeat:error', ({ error }) => onTrouble(failed('heartbeat', error)));
  consumer.on('consumer:heartbeat:stalled', ({ stalledFor, lastError }) => {
    onTrouble(failed('heartbeat', lastError ?? new Error(`no answer for ${stalledFor} ms`)));
    if (!consumer.isActive()) void rejoin();
  });
  // The library emits this when a rejoin after a refused heartbeat failed, and then beats no more.
  consumer.on('error', (error: unknown) => {
    onTrouble(failed('join', error));
    void rejoin();
  });

  async function rejoin(): Promise<void> {
    if (rejoining) return;
    rejoining = true;
    const backoff = createBackoff({ firstMs: 250, maxMs: 5_000 });
    for (let joined = false; !joined && !left.signal.aborted; ) {
      await backoff.pause(left.signal);
      joined = left.signal.aborted || (await tryJoin());
    }
    rejoining = false;
  }

  async function tryJoin(): Promise<boolean> {
    try {
      await consumer.joinGroup({});
      return true;
    } catch (error) {
      if (!left.signal.aborted) onTrouble(failed('join', error));
      return false;
    }
  }

  async function leave(): Promise<void> {
    left.abort();
    try {
      await consumer.close(true);
    } catch (error) {
      onTrouble(failed('leave', error));
    }
    await handedOver;
  }

  // By the clock: nobody but this loop would hold on to a signal that is aborted in time, and such are collected.
  const joinTimeoutMs = options.joinTimeoutMs ?? 30_000;
  const giveUpAtMs = performance.now() + joinTimeoutMs;
  const backoff = createBackoff({ firstMs: 250 });
  while (!(await tryJoin())) {
    if (performance.now() >= giveUpAtMs) {
      await leave();
      throw failed('join', new Error(`no assignment within ${joinTimeoutMs} ms`));
    }
    await backoff.pause(left.signal);
  }
  await handedOver;

  return {
    assignment: () => assigned,
    async commit(next) {
      const offsets = [...next].map(([partition, offset]) => ({
        topic,
        partition,
        offset: BigInt(offset),
        leaderEpoch: -1,
      }));
      if (offsets.length === 0) return;
      try {
        await consumer.commit({ offsets });
      } catch (error) {
        onTrouble(failed('commit', error));
        // A commit that is refused makes the library rejoin; if that fails it beats no more and does not say so.
        if (!consumer.isActive()) void rejoin();
      }
    },
    leave,
  };
}
