// What the benchmark found, as tables. Figures only, with their spread: aims stand in docs/benchmarks.md.
import Table from 'cli-table3';
import type { HotResult, HotRoute } from './hot.ts';
import type { FlowResult } from './order-flow.ts';
import { type ReadersRound, readerQueries } from './readers.ts';
import type { ServingResults } from './serving.ts';
import { type Latencies, shown, spreadOf } from './statistics.ts';

const style = { head: [], border: [], compact: true };

export function reportOf(results: ServingResults): string {
  const { freshness, hot, readers, superstore, generated } = results;
  return [
    ...(freshness ? [freshnessTable(freshness, results.ordersPerSecond)] : []),
    ...(hot ?? []).map(hotTable),
    ...(readers ? [readersTable(readers)] : []),
    ...(superstore || generated ? [timesTable(results)] : []),
  ].join('\n');
}

function freshnessTable(rounds: readonly FlowResult[], ordersPerSecond: number): string {
  const table = new Table({ style, head: ['ms', 'p50', 'p99', 'max'], colAligns: ['left', 'right', 'right', 'right'] });
  const row = (of: (round: FlowResult) => Latencies) =>
    (['p50', 'p99', 'max'] as const).map((name) => shown(spreadOf(rounds.map((round) => of(round)[name])), 1));
  table.push(
    ['seen on the stream (minIntervalMs=10)', ...row((round) => round.freshness)],
    ['acknowledged (202)', ...row((round) => round.acknowledgement)],
  );
  return `\nFreshness at ${ordersPerSecond} orders/s, open loop, from the intended send time; ${rounds.length} rounds of ${rounds[0]!.freshness.count} orders\n${table.toString()}\n`;
}

function hotTable(hot: HotResult): string {
  const head = ['route', 'requests/s', 'against the static buffer', 'by processor time'];
  const table = new Table({ style, head });
  const row = (name: string, { requestsPerSecond, ratio, processorRatio }: HotRoute) => [
    name,
    shown(requestsPerSecond, 0),
    shown(ratio, 2),
    shown(processorRatio, 2),
  ];
  table.push(
    row(`static buffer of the same ${hot.bodyBytes.toLocaleString('en')} bytes`, hot.fixed),
    row('hot query', hot.hot),
    row('hot query, If-None-Match: 304', hot.unchanged),
  );
  const commands = `store commands: ${hot.coldCommands} of the cold request, ${hot.hotCommands} of ${hot.hotRequests} hot ones (meanwhile ${hot.commandsOfOthers} of the followers, which ask once a second)`;
  return `\nHot: ${hot.question}\n${table.toString()}\n${commands}\n`;
}

function readersTable(rounds: readonly ReadersRound[]): string {
  const counts = [...new Set(rounds.map(({ readers }) => readers))];
  const of = (readers: number, value: (round: ReadersRound) => number, digits: number) =>
    shown(spreadOf(rounds.filter((round) => round.readers === readers).map(value)), digits);
  const row = (name: string, value: (round: ReadersRound) => number, digits: number) => [
    name,
    ...counts.map((readers) => of(readers, value, digits)),
  ];
  const table = new Table({ style, head: ['', ...counts.map((readers) => `${readers} readers`)] });
  table.push(
    row('acknowledgement p50, ms', (round) => round.acknowledgement.p50, 1),
    row('acknowledgement p99, ms', (round) => round.acknowledgement.p99, 1),
    row('freshness p50, ms', (round) => round.freshness.p50, 1),
    row('freshness p99, ms', (round) => round.freshness.p99, 1),
    row('read by the readers, MB/s', (round) => round.readBytesPerSecond / 1e6, 2),
    ...Object.keys(rounds[0]!.processors).map((name) =>
      row(`processor s per s: ${name}`, (round) => round.processors[name]!, 2),
    ),
  );
  return `\nReaders, half of them each, at the default interval:\n${readerQueries.map((query) => `  ${query}`).join('\n')}\n${table.toString()}\n`;
}

function timesTable({ superstore, generated }: ServingResults): string {
  const table = new Table({ style, head: ['question', 'rows', 'cold, ms', 'hot, ms'] });
  if (superstore) {
    const { rows, coldMs, hotMs } = superstore;
    table.push(['4 years of Superstore (5,009 orders) by month and store', rows, shown(coldMs, 1), shown(hotMs, 2)]);
  }
  if (generated) {
    const { orders, rows, coldMs, hotMs } = generated;
    table.push([`${orders.toLocaleString('en')} generated orders by day`, rows, shown(coldMs, 1), shown(hotMs, 2)]);
  }
  const cold = 'cold: serving started anew, ClickHouse without its caches (the kernel keeps its own)';
  const filled = generated
    ? [
        `generated orders: rows put straight into the archive with their log rows, in ${generated.fillSeconds.toFixed(1)} s, by ClickHouse itself; ` +
          'the topic had as many records without an order in them, which retention has deleted. ' +
          `${generated.batchRuns} batch runs counted them in ${generated.batchSeconds.toFixed(1)} s`,
      ]
    : [];
  return `\nTimes of one request at a time\n${table.toString()}\n${[cold, ...filled].join('\n')}\n`;
}
