// ClickHouse in memory, as the layers see it: rows that are only ever appended, and statements that see them all at one
// moment each. What a statement means is written here a second time, over rows; the contract suites hold it to the real one.
import { noChunkVersions } from '../../serving/chunk-versions.ts';
import { firstMissing, stretchesOf } from '../../runtime/archived-ranges.ts';
import type { ArchiveStore } from '../../batch-layer/archive-store.ts';
import { BatchError } from '../../batch-layer/errors.ts';
import { coveredOffsets } from '../../batch-layer/run-ledger.ts';
import type { Attempt, Chain, RunStore } from '../../batch-layer/run-store.ts';
import { runsOffChain } from '../../runtime/batch-runs.ts';
import { Problem } from '../../runtime/problem.ts';
import { countFacts, decodeCellKey, type RollupCells } from '../../schemas/cells.ts';
import { countingRollup, type Rollup } from '../../schemas/definition.ts';
import { compileFold } from '../../schemas/fold.ts';
import type { Generation } from '../../schemas/generation.ts';
import type { BatchRun } from '../../schemas/layout-clickhouse.ts';
import { type OffsetVector, sum } from '../../schemas/offset-vector.ts';
import type { OrderEvent } from '../../schemas/order-event.ts';
import type { ArchiveReader } from '../../serving/archive-reader.ts';
import { keptRuns, summarizeRuns } from '../../serving/run-history.ts';
import type { BatchRead, BatchViews, Extent } from '../../serving/batch-views.ts';
import { extentRollup } from '../../serving/clickhouse-batch-views.ts';
import { DistinctSet } from '../../serving/distinct.ts';
import { addGroup, type GroupMap } from '../../serving/groups.ts';
import type { PinnedRun } from '../../serving/live-view.ts';
import type { RunSource } from '../../serving/run-source.ts';
import { expectedStretches, expectWhole } from '../../speed-layer/archived-identities.ts';
import type { TidemarkSource } from '../../speed-layer/tidemark-source.ts';
import type { Command } from './memory-redis.ts';
import { readRowBinary } from './row-binary-reader.ts';

interface EventRow {
  readonly chunk: number;
  readonly partition: number;
  readonly identity: bigint;
  readonly offset: number;
  readonly recordTime: number;
  readonly event: OrderEvent;
}

interface LogRow {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly chunks: readonly number[];
  readonly rejected: readonly (readonly [offset: number, code: string])[];
  readonly gaps: readonly (readonly [from: number, to: number])[];
  readonly leaderEpochs: readonly (readonly [from: number, epoch: number])[];
}

/** A view row: its cell's key, and the sums of the rollup's cell. */
type ViewRow = readonly [key: string, values: readonly number[]];

type Said<T> = { readonly value: T } | { readonly flaw: string };

interface ChunkVersion {
  readonly run: string;
  readonly chunk: number;
  /** Under which its view rows are found. */
  readonly version: string;
  /** Announced, by rollup. */
  readonly rows: readonly number[];
  readonly facts: number;
}

interface ClickHouseTables {
  readonly events: EventRow[];
  archiveLog: LogRow[];
  batchRuns: BatchRun[];
  readonly runChunks: ChunkVersion[];
  /** By rollup in the definition's order, run and chunk. */
  readonly views: Map<string, Map<number, ViewRow[]>>[];
}

export interface MemoryClickHouse {
  readonly tables: ClickHouseTables;
  archive(command: Command): ArchiveStore;
  runs(command: Command): RunStore;
  tidemarkSource(command: Command): TidemarkSource;
  runSource(command: Command): RunSource;
  batchViews(command: Command): BatchViews;
  archiveReader(command: Command): ArchiveReader;
}

export function createMemoryClickHouse(generation: Generation): MemoryClickHouse {
  const { definition, rules, horizonMs } = generation;
  const { rollups } = definition;
  const folds = rollups.map((rollup) =>
    compileFold({ ...generation, definition: { ...definition, rollups: [rollup] } }),
  );
  const partitions = Array.from({ length: rules.partitions }, (_, p) => p);
  const tables: ClickHouseTables = {
    events: [],
    archiveLog: [],
    batchRuns: [],
    runChunks: [],
    views: rollups.map(() => new Map()),
  };
  const newestFirst = () => tables.batchRuns.toSorted((a, b) => (a.run < b.run ? 1 : -1));
  const links = (base: string) =>
    newestFirst()
      .filter(({ run }) => run >= base)
      .map(({ run, parent }) => ({ run, parent }));
  const current = () => newestFirst()[0];

  function isInChain({ run, base, offChain }: Chain): (row: ChunkVersion) => boolean {
    const published = new Set(tables.batchRuns.map((row) => row.run));
    return (row) => row.run >= base && row.run <= run && !offChain.includes(row.run) && published.has(row.run);
  }

  /** The newest of each chunk. */
  function newest(rows: readonly ChunkVersion[]): ChunkVersion[] {
    const latest = new Map<number, ChunkVersion>();
    for (const row of rows) if (row.run >= (latest.get(row.chunk)?.run ?? '')) latest.set(row.chunk, row);
    return [...latest.values()];
  }

  /** Newest version of each chunk that a run sees. */
  const versions = (chain: Chain) => newest(tables.runChunks.filter(isInChain(chain)));
  const chainOf = ({ run, base }: BatchRun): Chain => ({ run, base, offChain: runsOffChain(links(base), run) });
  const parentOf = ({ parent, offChain }: Attempt): Chain => ({ run: parent.run, base: parent.base, offChain });
  const factsIn = (seen: readonly ChunkVersion[]) => sum(seen.map(({ facts }) => facts));
  const rowsOf = (index: number, { version, chunk }: ChunkVersion) =>
    tables.views[index]!.get(version)?.get(chunk) ?? [];

  function insertRows(index: number, run: string, chunk: number, rows: readonly ViewRow[]): void {
    const view = tables.views[index]!;
    if (!view.has(run)) view.set(run, new Map());
    const chunks = view.get(run)!;
    chunks.set(chunk, [...(chunks.get(chunk) ?? []), ...rows]);
  }

  const inRange = ({ parent, tidemark }: Attempt, partition: number, offset: number) =>
    offset >= parent.tidemark[partition]! && offset < tidemark[partition]!;
  const meets = ({ parent, tidemark }: Attempt) =>
    tables.archiveLog.filter((row) => row.to > parent.tidemark[row.partition]! && row.from < tidemark[row.partition]!);
  const dirty = (attempt: Attempt) => new Set([...meets(attempt).flatMap((row) => row.chunks), ...attempt.broken]);

  /** Events of the dirty chunks below V, each identity once: the first offset wins. */
  function winners(attempt: Attempt): EventRow[] {
    const chunks = dirty(attempt);
    const first = new Map<string, EventRow>();
    for (const row of tables.events) {
      if (!chunks.has(row.chunk) || row.offset >= attempt.tidemark[row.partition]!) continue;
      const { orderId, eventId, occurredAt } = row.event;
      const key = `${row.partition}|${row.identity}|${eventId}|${occurredAt}|${orderId}`;
      const known = first.get(key);
      if (!known || row.offset < known.offset) first.set(key, row);
    }
    return [...first.values()];
  }

  /** Cells of one rollup. */
  function cellsByChunk(rows: readonly EventRow[], index: number): Map<number, RollupCells> {
    const chunks = new Map<number, RollupCells>();
    for (const { chunk, event } of rows) {
      const cells = chunks.get(chunk) ?? new Map();
      folds[index]!.add(event, [cells]);
      if (cells.size > 0) chunks.set(chunk, cells);
    }
    return chunks;
  }

  /** Each archived offset of the range once, in order. */
  function recordsInRange(attempt: Attempt, partition: number): EventRow[] {
    const chunks = dirty(attempt);
    const rows = tables.events.filter(
      (row) => row.partition === partition && chunks.has(row.chunk) && inRange(attempt, partition, row.offset),
    );
    return [...new Map(rows.map((row) => [row.offset, row])).values()].toSorted((a, b) => a.offset - b.offset);
  }

  /** Offsets that came late: below the floor, the judged one included. */
  function lateOffsets(attempt: Attempt, partition: number): Set<number> {
    let newest = attempt.parent.maxTimestamps[partition]!;
    const late = new Set<number>();
    for (const { offset, recordTime, event } of recordsInRange(attempt, partition)) {
      newest = Math.max(newest, recordTime);
      if (event.occurredAt < newest - horizonMs) late.add(offset);
    }
    return late;
  }

  function eventRow(row: Record<string, unknown>): EventRow {
    const texts = row as Record<string, string>;
    const time = (name: string) => Number(row[name]);
    const items = (row['items.sku'] as string[]).map((sku, i) => {
      const at = (name: string) => (row[`items.${name}`] as unknown[])[i];
      return {
        sku,
        name: at('name') as string | null,
        category: at('category') as string,
        quantity: Number(at('quantity')),
        amountMinor: Number(at('amountMinor')),
      };
    });
    const { eventId, type, orderId, storeId, channel, country, currency } = texts;
    const event = {
      eventId,
      type,
      orderId,
      storeId,
      channel,
      country,
      currency,
      items,
      sequence: null,
      customerId: row['customerId'] as string | null,
      occurredAt: time('occurredAt'),
      placedAt: time('placedAt'),
      amountMinor: time('amountMinor'),
    } as OrderEvent;
    const [chunk, partition] = [row['chunk'] as number, row['partition'] as number];
    return {
      chunk,
      partition,
      identity: row['identity'] as bigint,
      offset: time('offset'),
      recordTime: time('recordTime'),
      event,
    };
  }

  function epochsBefore(vector: OffsetVector): (number | undefined)[] {
    return vector.map((offset, p) => {
      const known = tables.archiveLog
        .filter((row) => row.partition === p)
        .flatMap((row) => row.leaderEpochs)
        .filter(([from]) => from < offset);
      // Where two ranges disagree, the older epoch.
      return known.toSorted(([a, x], [b, y]) => b - a || x - y)[0]?.[1];
    });
  }

  const stretches = (p: number) =>
    stretchesOf(
      tables.archiveLog
        .filter((row) => row.partition === p)
        .map((row) => ({ ...row, rejected: row.rejected.map(([offset]) => offset) })),
    );

  const byPartition = <T>(of: (rows: readonly LogRow[]) => T) =>
    partitions.map((p) => {
      const rows = tables.archiveLog.filter((row) => row.partition === p);
      return rows.length === 0 ? undefined : of(rows);
    });

  return {
    tables,
    archive: (command) => ({
      archivedVector: () => command('archived', () => byPartition((rows) => Math.max(...rows.map(({ to }) => to)))),
      epochsBefore: (vector) => command('epochs before', () => epochsBefore(vector)),
      archivedStarts: () =>
        command('archive starts', () => byPartition((rows) => Math.min(...rows.map(({ from }) => from)))),
      firstMissing: (starts) =>
        command('first missing', () => starts.map((start, p) => firstMissing(stretches(p), start))),
      lostRanges: () =>
        command('lost ranges', () =>
          partitions.flatMap((partition) => {
            const held = new Set(
              tables.events.filter((row) => row.partition === partition).map(({ offset }) => offset),
            );
            return stretches(partition)
              .map((stretch) => ({
                ...stretch,
                partition,
                present: [...held].filter((offset) => offset >= stretch.from && offset < stretch.to).length,
              }))
              .filter(({ present, events }) => present < events);
          }),
        ),
      async retract(ranges) {
        for (const { partition, from, to } of ranges) {
          const meets = (row: LogRow) => row.partition === partition && row.from < to && row.to > from;
          const effect = () => void (tables.archiveLog = tables.archiveLog.filter((row) => !meets(row)));
          await command(`retract ${partition}:${from}-${to}`, effect, true);
        }
      },
      async insert(block) {
        if (block.rows > 0) {
          const rows = readRowBinary(block.bytes).map(eventRow);
          await command(`insert ${rows.length} events`, () => void tables.events.push(...rows), true);
        }
        const logRows = block.ranges.map((range) => ({ ...range, chunks: [...range.chunks] }));
        const ranges = logRows.map(({ partition, from, to }) => `${partition}:${from}-${to}`).join(' ');
        await command(`log ${ranges}`, () => void tables.archiveLog.push(...logRows), true);
      },
    }),

    runs: (command) => ({
      currentRun: () => command('current run', current),
      links: (base) => command('run links', () => links(base)),
      announcedFacts: (chain, attempt) =>
        command('announced facts', () => {
          const seen = isInChain(chain);
          return factsIn(newest(tables.runChunks.filter((row) => seen(row) || row.run === attempt)));
        }),
      brokenChunks: (chain, limit) =>
        command('broken chunks', () =>
          versions(chain)
            .filter((version) => rollups.some((_, i) => rowsOf(i, version).length !== version.rows[i]))
            .map(({ chunk, facts }) => ({ chunk, events: facts }))
            .slice(0, limit),
        ),
      dirtyChunks: (attempt) => command('dirty chunks', () => [...dirty(attempt)].toSorted((a, b) => a - b)),
      async recompute(attempt, chunks) {
        const { run } = attempt;
        for (const i of rollups.keys()) {
          const insert = () => {
            for (const [chunk, cells] of cellsByChunk(winners(attempt), i)) insertRows(i, run, chunk, [...cells]);
          };
          await command(`recompute ${run} ${i}`, insert, true);
        }
        const counts = new Map(chunks.map((chunk) => [chunk, { rows: rollups.map(() => 0), facts: 0 }]));
        const expected = await command('expected facts', () =>
          rollups.map((_, i) => sum([...cellsByChunk(winners(attempt), i).values()].map(countFacts))),
        );
        for (const [i, rollup] of rollups.entries()) {
          const made = await command('count rows', () =>
            [...(tables.views[i]!.get(run) ?? [])].map(([chunk, rows]) => ({ chunk, rows: [...rows] })),
          );
          if (sum(made.map(({ rows }) => sum(rows.map(([, values]) => values[0]!)))) !== expected[i]) {
            const now = await command('dirty chunks', () => dirty(attempt).size);
            throw now === chunks.length
              ? new BatchError('views-lost', `${rollup.name} does not hold what was written`)
              : new BatchError('archive-moved', 'a range was logged meanwhile');
          }
          for (const { chunk, rows } of made) {
            const counted = counts.get(chunk);
            if (!counted) throw new BatchError('archive-moved', `chunk ${chunk} was not to be recomputed`);
            counted.rows[i] = rows.length;
            if (rollup === countingRollup(definition)) counted.facts = sum(rows.map(([, values]) => values[0]!));
          }
        }
        const list = [...counts].map(([chunk, counted]) => ({ run, chunk, version: run, ...counted }));
        if (list.length > 0) await command(`announce ${run}`, () => void tables.runChunks.push(...list), true);
        if (attempt.base !== run) return;
        const inherit = () => {
          const own = new Set(tables.runChunks.filter((row) => row.run === run).map(({ chunk }) => chunk));
          for (const version of versions(parentOf(attempt)))
            if (!own.has(version.chunk)) tables.runChunks.push({ ...version, run });
        };
        await command(`inherit ${run}`, inherit, true);
      },
      async increments(attempt) {
        const { parent, tidemark } = attempt;
        const records = await command('events', () => partitions.map((p) => recordsInRange(attempt, p)));
        const counted = await command('newly counted', () =>
          winners(attempt).filter((row) => inRange(attempt, row.partition, row.offset)),
        );
        const rejected = await command('rejected', () =>
          partitions.map((p) => {
            const offsets = meets(attempt)
              .filter((row) => row.partition === p)
              .flatMap((row) => row.rejected.map(([at]) => at));
            return new Set(offsets.filter((at) => inRange(attempt, p, at))).size;
          }),
        );
        const gaps = await command('gaps', () => {
          const found = meets(attempt).flatMap((row) =>
            row.gaps.map(([from, to]) => ({ partition: row.partition, from, to })),
          );
          return found.toSorted((a, b) => a.from - b.from);
        });
        return {
          partitions: partitions.map((p) => ({
            events: records[p]!.length,
            counted: counted.filter((row) => row.partition === p).length,
            rejected: rejected[p]!,
            gap: coveredOffsets(
              gaps.filter((gap) => gap.partition === p),
              parent.tidemark[p]!,
              tidemark[p]!,
            ),
          })),
          maxTimestamps: records.map((rows) => Math.max(-1, ...rows.map((row) => row.recordTime))),
          newestEventAt: Math.max(0, ...counted.map((row) => row.event.occurredAt)),
        };
      },
      incrementRows: (attempt, rollup, apart) =>
        command(`increment ${rollup.name}`, () => {
          const i = rollups.indexOf(rollup);
          const chunks = dirty(attempt);
          const total = new Map<string, bigint[]>();
          const add = (sign: bigint, key: string, values: readonly number[]) => {
            const sum = total.get(key) ?? values.map(() => 0n);
            total.set(
              key,
              values.map((value, at) => sum[at]! + sign * BigInt(value)),
            );
          };
          for (const rows of tables.views[i]!.get(attempt.run)?.values() ?? [])
            for (const [key, values] of rows) add(1n, key, values);
          for (const version of versions(parentOf(attempt)))
            if (chunks.has(version.chunk)) for (const [key, values] of rowsOf(i, version)) add(-1n, key, values);
          const late = partitions.map((p) => lateOffsets(attempt, p));
          const left = winners(attempt).filter(
            ({ partition: p, offset }) => inRange(attempt, p, offset) && (apart.includes(p) || late[p]!.has(offset)),
          );
          for (const cells of cellsByChunk(left, i).values()) for (const [key, values] of cells) add(-1n, key, values);
          return [...total]
            .filter(([, sums]) => sums.some((n) => n !== 0n))
            .map(([key, sums]) => rowOf(rollup, key, sums));
        }),
      publish: (run) =>
        command(`publish ${run.run} at ${run.tidemark.join(',')}`, () => void tables.batchRuns.push(run), true),
    }),

    tidemarkSource: (command) => ({
      epochBefore: (partition, offset) =>
        command('epoch before', () => epochsBefore(partitions.map((p) => (p === partition ? offset : 0)))[partition]),
      currentRun: () => command('current run', current),
      parentTidemark: (run) =>
        command('parent', () => tables.batchRuns.find((row) => row.run === run.parent)?.tidemark),
      identities: async (wanted) => {
        const { partition, below, floor } = wanted;
        const logged = await command(`ranges of ${partition} below ${below}`, () =>
          tables.archiveLog
            .filter((row) => row.partition === partition && row.from < below)
            .map((row) => ({
              ...row,
              rejected: row.rejected.map(([offset]) => offset),
              recent: row.chunks.some((chunk) => chunk >= Math.floor(floor / generation.chunkMs)),
            })),
        );
        const stretches = expectedStretches(logged, wanted);
        return command(`identities ${partition} below ${below}`, () => {
          const rows = tables.events.filter((row) => row.partition === partition && row.offset < below);
          const offsets = [...new Set(rows.map(({ offset }) => offset))];
          const present = stretches.map(({ from, to }) => {
            return [from, offsets.filter((offset) => offset >= from && offset < to).length] as const;
          });
          expectWhole(partition, stretches, new Map(present));
          return rows
            .filter(({ event }) => event.occurredAt >= floor)
            .map(({ identity }) => ({ high: Number(identity >> 32n), low: Number(identity & 0xffffffffn) }));
        });
      },
    }),

    runSource: (command) => ({
      current: () => command('current run', current),
      async pin(run) {
        const known = await command('run links', () => links(run.base));
        const published = known.filter((link) => link.run <= run.run).length;
        return { run, offChain: runsOffChain(known, run.run), published, versions: noChunkVersions };
      },
      async findBroken({ run, offChain }, after) {
        const chain = { run: run.run, base: run.base, offChain };
        const announced = await command('announced facts', () => factsIn(versions(chain)));
        if (announced !== sum(run.counted))
          return `its chunks announce ${announced} events of ${sum(run.counted)} counted`;
        for (const [i, rollup] of rollups.entries()) {
          const broken = await command(`wholeness of ${rollup.name}`, () =>
            versions(chain).find((seen) => seen.version > after && rowsOf(i, seen).length !== seen.rows[i]),
          );
          if (broken) return `chunk ${broken.chunk} of ${rollup.name} (version ${broken.version}) has lost rows`;
        }
        return undefined;
      },
    }),

    batchViews: (command) => {
      /** What the run's versions say, and whether they are whole, in one moment. */
      async function ask<T>(pinned: PinnedRun, what: string, of: (seen: ChunkVersion[]) => Said<T>): Promise<T> {
        const { run } = pinned.run;
        const said = await command(what, (): Said<T> => {
          if (!tables.batchRuns.some((row) => row.run === run)) return { flaw: 'gone' };
          const seen = versions(chainOf(pinned.run));
          return factsIn(seen) === sum(pinned.run.counted) ? of(seen) : { flaw: 'not whole' };
        }).catch((error: unknown) => {
          throw refusal('batch-views-away', String(error));
        });
        if ('flaw' in said) throw refusal('run-unreadable', `run ${run} is ${said.flaw}`);
        return said.value;
      }
      return {
        read: (pinned, read) =>
          ask(pinned, `read ${read.rollup}`, (all) => {
            const i = rollups.findIndex(({ name }) => name === read.rollup);
            const seen = rollups[i]!.time === 'occurredAt' ? all.filter(({ chunk }) => isInRange(chunk, read)) : all;
            const whole = seen.every((version) => rowsOf(i, version).length === version.rows[i]);
            return whole ? { value: readGroups(seen, read) } : { flaw: 'not whole' };
          }),
        extent: (pinned) => ask(pinned, 'extent', readExtent),
      };
    },

    archiveReader: (command) => ({
      log: () =>
        command('archived log', () => {
          const vector = byPartition((rows) => Math.max(...rows.map(({ to }) => to))).map((end) => end ?? 0);
          const epochs = epochsBefore(vector);
          return { topicId: 'memory', positions: vector.map((next, p) => ({ next, leaderEpoch: epochs[p] })) };
        }),
      deadLetters: () =>
        command('dead letters', () => {
          const letters = new Map(
            tables.archiveLog.flatMap((row) =>
              row.rejected.map(([offset, code]) => [`${row.partition}/${offset}`, code] as const),
            ),
          );
          return { total: letters.size, byReason: {}, newest: [] };
        }),
      runs: () => command('last runs', () => summarizeRuns(newestFirst().slice(0, keptRuns + 1))),
    }),
  };

  function isInRange(chunk: number, { from, to }: BatchRead): boolean {
    return chunk >= Math.floor(from / generation.chunkMs) && chunk <= Math.floor((to - 1) / generation.chunkMs);
  }

  /** Only the first and the last chunk of which rows were announced are read. */
  function readExtent(seen: readonly ChunkVersion[]): Said<Extent | undefined> {
    const i = rollups.indexOf(extentRollup(generation));
    const held = seen.filter(({ rows }) => rows[i]! > 0).toSorted((a, b) => a.chunk - b.chunk);
    const edges = [...held.slice(0, 1), ...held.slice(-1)];
    if (edges.length === 0) return { value: undefined };
    if (edges.some((version) => rowsOf(i, version).length !== version.rows[i])) return { flaw: 'not whole' };
    const { windowMs } = rollups[i]!;
    const starts = edges.flatMap((version) =>
      rowsOf(i, version).map(([key]) => decodeCellKey(key).windowIndex * windowMs),
    );
    return { value: { from: Math.min(...starts), to: Math.max(...starts) + windowMs } };
  }

  function readGroups(seen: readonly ChunkVersion[], read: BatchRead) {
    const i = rollups.findIndex(({ name }) => name === read.rollup);
    const rollup = rollups[i]!;
    const groups: GroupMap = new Map();
    for (const version of seen) {
      for (const [key, values] of rowsOf(i, version)) {
        const { windowIndex, values: dimensions } = decodeCellKey(key);
        const at = windowIndex * rollup.windowMs;
        const value = (name: string) => dimensions[rollup.dimensions.indexOf(name)]!;
        const wanted = Object.entries(read.where).every(([name, list]) => list.includes(value(name)));
        const unwanted = Object.entries(read.not).some(([name, list]) => list.includes(value(name)));
        if (at < read.from || at >= read.to || !wanted || unwanted) continue;
        const segment = read.starts.findLastIndex((start) => start <= at);
        const [start, step] = [read.starts[segment]!, read.steps[segment]!];
        addGroup(groups, {
          windowStart: start + Math.floor((at - start) / step) * step,
          values: read.groupBy.map(value),
          facts: BigInt(values[0]!),
          sums: read.bases.map((name) => BigInt(values[rollup.measures.indexOf(name) + 1]!)),
          sets: (read.distinct ?? []).map((name) => DistinctSet.ofHex(value(name))),
          earliest: at,
        });
      }
    }
    return [...groups.values()];
  }
}

function refusal(code: string, detail: string): Problem {
  return new Problem({ code, status: 503, title: 'Views cannot be read', detail });
}

/** A row of incrementSql. */
function rowOf(rollup: Rollup, key: string, sums: readonly bigint[]): Record<string, string> {
  const { windowIndex, values } = decodeCellKey(key);
  const names = ['facts', ...rollup.measures];
  return {
    windowStart: String(windowIndex * rollup.windowMs),
    ...Object.fromEntries(rollup.dimensions.map((name, i) => [name, values[i]!])),
    ...Object.fromEntries(names.map((name, i) => [`total_${name}`, String(sums[i])])),
  };
}
