// Mutants of serving: following Redis, tiling, adopting runs, reading views, forming answers.
import type { Mutant } from './mutant.ts';

const epoch = ['serving/epoch.test.ts'];
const partition = ['serving/partition-view.test.ts'];
const following = ['serving/partition-follower.test.ts'];
const live = ['serving/live-view.test.ts'];
const views = ['serving/clickhouse-batch-views.integration.test.ts'];
const answers = ['serving/app.test.ts'];

export const servingMutants: readonly Mutant[] = [
  {
    id: 'epoch-ledger-not-summed',
    breaks: 'an epoch is used only if its ledger sums to its offsets',
    file: 'serving/epoch.ts',
    find: '    ledgerSum(ledger) === range.to - range.from &&\n',
    replace: '',
    tests: epoch,
  },
  {
    id: 'epoch-cells-not-counted',
    breaks: 'an epoch is used only if none of its cells is missing',
    file: 'serving/epoch.ts',
    find: '        tally.cells[i] === ledger.cells[i] &&\n',
    replace: '',
    tests: epoch,
  },
  {
    id: 'epoch-facts-not-counted',
    breaks: 'an epoch is used only if its cells hold what its ledger counted',
    file: 'serving/epoch.ts',
    find: '        tally.facts[i] === ledger.facts[i] &&\n',
    replace: '',
    tests: epoch,
  },
  {
    id: 'message-not-whole-applied',
    breaks: 'a message that would leave the epoch not whole changes nothing',
    file: 'serving/growing-epoch.ts',
    find: 'if (!isWhole({ from: this.from, to: message.next }, ledger, after, rollups)) return false;',
    replace: '',
    tests: partition,
  },
  {
    id: 'message-adds-instead-of-overwriting',
    breaks: 'a message holds absolute values: heard twice it counts once',
    file: 'serving/growing-epoch.ts',
    find: 'for (const [key, cell] of cells!) this.cells[i]!.set(key, cell);',
    replace:
      'for (const [key, cell] of cells!)\n        this.cells[i]!.set(key, cell.map((n, m) => n + (m > 0 ? (this.cells[i]!.get(key)?.[m] ?? 0) : 0)));',
    tests: partition,
  },
  {
    id: 'vector-from-the-stores-next',
    breaks: 'W is where the tiling ends, never the next of the store',
    file: 'serving/partition-view.ts',
    find: 'reach: (v) => endOf(tiling(v), v),',
    replace: 'reach: (v) => stand()?.next ?? endOf(tiling(v), v),',
    tests: partition,
  },
  {
    id: 'snapshot-forgets-what-answers-stand-on',
    breaks: 'W does not fall when Redis was wiped or set back',
    file: 'serving/partition-view.ts',
    find: '.filter((epoch) => used.has(epoch));',
    replace: '.filter((epoch) => used.size < 0 && used.has(epoch));',
    tests: partition,
  },
  {
    id: 'tiling-over-a-gap',
    breaks: 'the epochs of an answer tile from V without a gap',
    file: 'serving/tiling.ts',
    find: 'for (let at = best.get(from); at;',
    replace: 'for (let at = best.get(from) ?? best.get(Math.min(...best.keys())); at;',
    tests: live,
  },
  {
    id: 'tiling-with-overlaps',
    breaks: 'the epochs of an answer do not overlap',
    file: 'serving/tiling.ts',
    find: '  const chain: Epoch[] = [];\n',
    replace:
      '  const chain: Epoch[] = [];\n  if (best.has(from)) return epochs.filter((epoch) => epoch.from >= from && epoch.to > epoch.from);\n',
    tests: live,
  },
  {
    id: 'served-tidemark-may-fall',
    breaks: 'no reader is taken back to a run with an older tidemark',
    file: 'serving/live-view.ts',
    find: 'vOf(offered, p) < (v[p] ?? 0) || reach[p]! < end',
    replace: 'reach[p]! < end && v.length > 0',
    tests: live,
  },
  {
    id: 'served-vector-may-fall',
    breaks: 'no number dips when a run is published',
    file: 'serving/live-view.ts',
    find: 'vOf(offered, p) < (v[p] ?? 0) || reach[p]! < end',
    replace: 'vOf(offered, p) < (v[p] ?? 0) || reach[p]! < end - 1_000',
    tests: live,
  },
  {
    id: 'gap-in-messages-ignored',
    breaks: 'after a lost message the partition is read again',
    file: 'serving/partition-follower.ts',
    find: "if (!keep(message) && outcome === 'gap') want(clock() + gapPauseMs * random());",
    replace: 'keep(message);',
    tests: following,
  },
  {
    id: 'messages-during-a-snapshot-dropped',
    breaks: 'what arrives while a snapshot is read is applied on top of it',
    file: 'serving/partition-follower.ts',
    find: 'const last = messages.map(apply).at(-1);',
    replace: 'const last = messages.length < 0 ? messages.map(apply).at(-1) : undefined;',
    tests: following,
  },
  {
    id: 'redis-set-back-unnoticed',
    breaks: 'a Redis that was wiped or set back is read again',
    file: 'serving/partition-follower.ts',
    find: 'if (setBack || (behind && polled)) want(nowMs);',
    replace: 'if (behind && polled && setBack !== null) want(nowMs);',
    tests: following,
  },
  {
    id: 'snapshot-of-two-moments',
    breaks: 'where the open epoch ends and what it holds are read in one script',
    file: 'serving/redis-snapshot-source.ts',
    find: 'const [next, epoch, members, hashes] = reply;',
    replace:
      "const [, , members, hashes] = reply;\n      const [next, epoch] = await redis.hmget(keys.state, 'next', 'epoch');",
    tests: ['serving/redis-snapshot-source.test.ts'],
  },
  {
    id: 'views-of-the-newest-run',
    breaks: 'chunk versions are those of the parent chain, not of the newest run',
    file: 'schemas/chain-sql.ts',
    find: 'AND run NOT IN {offChain:Array(String)} AND run IN',
    replace: 'AND run IN',
    tests: views,
  },
  {
    id: 'views-of-unpublished-attempts',
    breaks: 'what an attempt wrote is of no effect before its run is published',
    file: 'schemas/chain-sql.ts',
    find: 'AND run NOT IN {offChain:Array(String)} AND run IN ` +\n    `(SELECT run FROM ${tables.batchRuns} WHERE generation = {generation:String} AND ${range})`',
    replace: 'AND run NOT IN {offChain:Array(String)}`',
    tests: views,
  },
  {
    id: 'order-time-pruned-by-chunk',
    breaks: 'by the time of order an event is found in whatever chunk it occurred',
    file: 'serving/chunk-parts.ts',
    find: "const byChunk = rollup.time === 'occurredAt';",
    replace: 'const byChunk = rollup.time !== undefined;',
    tests: views,
  },
  {
    id: 'lost-rows-answered-from',
    breaks: 'no answer from views that lost rows',
    file: 'serving/clickhouse-batch-views.ts',
    find: 'if (Number(seen.present) !== announced) {',
    replace: 'if (Number(seen.present) > announced) {',
    tests: views,
  },
  {
    id: 'run-with-lost-rows-taken-up',
    breaks: 'a run whose rows are not all there is not adopted',
    file: 'serving/run-wholeness.ts',
    find: 'WHERE announced != present LIMIT 1',
    replace: 'WHERE announced < present LIMIT 1',
    tests: views,
  },
  {
    id: 'currencies-added',
    breaks: 'amounts of different currencies are never added',
    file: 'serving/answer.ts',
    find: 'if (currencies.size > 1) {',
    replace: 'if (currencies.size > 9) {',
    tests: answers,
  },
  {
    id: 'day-by-what-the-clock-shows-first',
    breaks: "a day that begins at one o'clock is compared as a day",
    file: 'serving/comparison.ts',
    find: 'const shift = goesByClock(query) ? shiftBack : shiftDayBack;',
    replace: 'const shift = shiftBack;',
    tests: ['serving/comparison.test.ts'],
  },
  {
    id: 'rest-across-currencies',
    breaks: 'the rest beyond the limit is one row for each currency where amounts are asked',
    file: 'serving/series.ts',
    find: "const currency = values[at] ?? '';",
    replace: "const currency = '';",
    tests: ['serving/query-oracle.property.test.ts'],
  },
  {
    id: 'live-part-after-the-views',
    breaks: 'one cut: the live part is taken together with the run',
    file: 'serving/answer-query.ts',
    find: 'await Promise.all(reads.map(({ range, groups }) => addBatchPart(groups, batchViews, summary.pinned, range)));',
    replace: `await Promise.all(
    reads.map(async ({ range, groups }) => {
      groups.clear();
      await addBatchPart(groups, batchViews, summary.pinned, range);
      addLivePart(groups, live.capture()!.tilings, range);
    }),
  );`,
    tests: answers,
  },
  {
    id: 'sums-in-floating-point',
    breaks: 'sums beyond 2^53 are exact to the last digit',
    file: 'serving/groups.ts',
    find: 'into[i]! += sum;',
    replace: 'into[i] = BigInt(Number(into[i]) + Number(sum));',
    tests: answers,
  },
  {
    id: 'served-ledger-not-checked',
    breaks: 'an answer says where the ledger does not account for every offset',
    file: 'serving/provenance.ts',
    find: 'if (sum !== offsets)',
    replace: 'if (sum > offsets)',
    tests: answers,
  },
];
