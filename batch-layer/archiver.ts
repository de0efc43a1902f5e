// The archiver: every record of the topic into the archive, by its own consumer group.
//
// resuming:  asks the archive where its ranges end. → reading.
// reading:   record sets gather in a block; about each second, or when it is full, the block is written.
//            Any fault discards what is in memory → resuming.
import type { GroupMember, GroupMemberOptions } from '../runtime/kafka/group-member.ts';
import { describeLost } from '../runtime/kafka/offset-lost.ts';
import type { RecordLog, RecordSet } from '../runtime/kafka/record-log.ts';
import type { Logger } from '../runtime/logger.ts';
import { endProcess } from '../runtime/service.ts';
import type { Generation } from '../schemas/generation.ts';
import { type ArchiveBlock, createArchiveBlockBuilder } from './archive-block.ts';
import type { ArchiveStore } from './archive-store.ts';
import type { WriteDeadLetters } from './dead-letters.ts';

export interface ArchiverOptions {
  readonly generation: Generation;
  readonly recordLog: RecordLog;
  readonly archive: ArchiveStore;
  readonly writeDeadLetters: WriteDeadLetters;
  /** Where each partition begins that the archive has nothing of. */
  readonly starts: readonly number[];
  readonly join: (options: Pick<GroupMemberOptions, 'onAssignment' | 'onTrouble'>) => Promise<GroupMember>;
  readonly log: Logger;
  readonly intervalMs: number;
  /** Pause before resuming after a fault. */
  readonly retryMs: number;
}

export interface Archiver {
  readonly waitingFor: () => string | undefined;
  /** Writes what is in memory at once. */
  nudge(): void;
  /** Goes back to the first offset that the archive lacks. */
  resume(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const maxBlockBytes = 16 << 20;
const maxBlockRecords = 200_000;

export async function openArchiver(options: ArchiverOptions): Promise<Archiver> {
  const { generation, recordLog, archive, writeDeadLetters, starts, log } = options;
  let assignment: ReadonlySet<number> = new Set();
  /** Next offset of each assigned partition; empty while resuming. */
  let positions = new Map<number, number>();
  /** Of the record before each position, where it is known. */
  const leaderEpochs = new Map<number, number | undefined>();
  let builder = createArchiveBlockBuilder(generation);
  let working: Promise<void> | undefined;
  let trouble: string | undefined = 'waiting for partitions of the group';
  /** What the log has lost, by partition; told once only, so kept until the position is another one. */
  const lost = new Map<number, { readonly wanted: number; readonly why: string }>();
  const lostNow = () => [...lost].find(([partition, { wanted }]) => positions.get(partition) === wanted)?.[1].why;
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;

  /** Also what came after a lost block: written without it, it would leave a hole for ever. */
  function discard(): void {
    builder = createArchiveBlockBuilder(generation);
    positions = new Map();
  }

  async function resume(): Promise<void> {
    discard();
    const vector = await archive.firstMissing(starts);
    for (const [partition, epoch] of (await archive.epochsBefore(vector)).entries()) leaderEpochs.set(partition, epoch);
    positions = new Map([...assignment].map((partition) => [partition, vector[partition]!]));
    trouble = undefined;
    recordLog.wake();
  }

  async function write(): Promise<void> {
    const block = builder.take();
    if (!block) return;
    // The order of effects is the guarantee: dead letters, rows, then the log rows that make them count, then the hint.
    const archived = await checkBegins(block);
    await writeDeadLetters(block.deadLetters);
    await archive.insert(block);
    await member.commit(new Map(block.ranges.map((range) => [range.partition, range.to])));
    recordLog.wake();
    // It filled a hole, and what follows may be there already: go on at what is missing next.
    if (block.ranges.some(({ partition, to }) => to < (archived[partition] ?? 0))) await resume();
  }

  /** The archive may have been set back under us; a range that begins beyond its end would leave a hole. */
  async function checkBegins(block: ArchiveBlock): Promise<readonly (number | undefined)[]> {
    const archived = await archive.archivedVector();
    const beyond = block.ranges.find(({ partition, from }) => from > (archived[partition] ?? starts[partition] ?? 0));
    if (beyond) throw new Error(`partition ${beyond.partition}: the archive does not reach ${beyond.from} any more`);
    return archived;
  }

  /** One piece of work at a time; a fault of any discards what is in memory and resumes. */
  function work(piece: () => Promise<void>): Promise<void> {
    const before = working ?? Promise.resolve();
    const mine = before.then(piece).catch((err: unknown) => {
      trouble = err instanceof Error ? err.message : String(err);
      log.warn({ err }, 'archiving failed, resuming from what the archive holds');
      discard();
      if (!stopped) retry ??= setTimeout(again, options.retryMs);
    });
    working = mine;
    return mine;
  }
  function again(): void {
    retry = undefined;
    void work(resume);
  }

  function accept(set: RecordSet): void {
    if (positions.get(set.partition) !== set.from) return;
    try {
      builder.add(set);
      positions.set(set.partition, set.next);
      leaderEpochs.set(set.partition, set.leaderEpochs?.at(-1)?.epoch);
    } catch (err) {
      void work(() => Promise.reject(err));
    }
    if (isFull()) void work(write);
  }
  const isFull = () => builder.bytes >= maxBlockBytes || builder.records >= maxBlockRecords;

  const member = await options.join({
    onAssignment: async (partitions) => {
      assignment = new Set(partitions);
      await work(async () => {
        await write();
        await resume();
      });
    },
    onTrouble: (err) => log.warn({ err }, 'group membership'),
  });
  const reading = new AbortController();
  const following = recordLog.follow(
    {
      positions: () => (isFull() ? new Map() : positions),
      leaderEpoch: (partition) => leaderEpochs.get(partition),
      onRecordSet: accept,
      onOffsetLost(at) {
        const err = describeLost(at);
        lost.set(at.partition, { wanted: at.wanted, why: `partition ${at.partition}: ${err.message}` });
        log.error({ err, ...at }, 'offset lost: the archive would have a hole, so the partition stops');
      },
    },
    reading.signal,
  );
  following.catch((err: unknown) => {
    log.fatal({ err }, 'reading the topic ended');
    endProcess(err);
  });
  const timer = setInterval(() => void work(write), options.intervalMs);

  return {
    waitingFor: () => trouble ?? lostNow() ?? recordLog.trouble(),
    nudge: () => void work(write),
    resume: () => void work(resume),
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearInterval(timer);
      clearTimeout(retry);
      reading.abort();
      await following.catch(() => undefined);
      await work(write);
      await member.leave();
    },
  };
}
