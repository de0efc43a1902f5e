// The figures of a whole run in a few lines of Markdown, and their place in README. Pure.
import type { ServingResults } from './serving.ts';
import { shown, type Spread, spreadOf } from './statistics.ts';

export interface Measured {
  readonly results: ServingResults;
  /** Of the machine, in words. */
  readonly where: string;
}

export function summaryOf({ results, where }: Measured): string {
  const { freshness, hot, readers, superstore, generated, ordersPerSecond } = results;
  const lines = [`Measured by \`npm run bench -- serving\`, medians (least to most): ${where}.`, ''];
  const tell = (what: string, value: string) => lines.push(`- ${what}: ${value}`);
  if (freshness) {
    const of = (name: 'p50' | 'p99') => shown(spreadOf(freshness.map((round) => round.freshness[name])), 1);
    tell(
      `from an order that was to be sent to the event of \`/v1/stream\` that counts it, ${ordersPerSecond.toLocaleString('en')} orders/s, open loop`,
      `p50 ${of('p50')} ms, p99 ${of('p99')} ms`,
    );
  }
  for (const { bodyBytes, hot: route, hotCommands, hotRequests } of hot ?? []) {
    const rate = shown(route.requestsPerSecond, 0);
    tell(
      `a hot query of ${bodyBytes.toLocaleString('en')} bytes`,
      `${rate} requests/s, ${shown(route.ratio, 2)} of a static buffer; ${hotCommands} store commands in ${hotRequests} requests`,
    );
  }
  for (const readersAtATime of new Set((readers ?? []).map((round) => round.readers))) {
    const rounds = readers!.filter((round) => round.readers === readersAtATime);
    const p99 = (of: 'acknowledgement' | 'freshness') => shown(spreadOf(rounds.map((round) => round[of].p99)), 1);
    tell(
      `with ${readersAtATime.toLocaleString('en')} stream readers`,
      `p99 of the acknowledgement ${p99('acknowledgement')} ms, of freshness ${p99('freshness')} ms`,
    );
  }
  const times = (what: string, { coldMs, hotMs }: { coldMs: Spread; hotMs: Spread }) =>
    tell(what, `cold ${shown(coldMs, 0)} ms, hot ${shown(hotMs, 1)} ms`);
  if (superstore) times('4 years of Superstore by month and store', superstore);
  if (generated)
    times(`${generated.orders.toLocaleString('en')} orders, put into the archive by SQL, by day`, generated);
  return lines.join('\n');
}

const begin = '<!-- npm run bench -- serving --readme writes from here -->';
const end = '<!-- to here -->';

/** Throws where README has no place for it. */
export function withSummary(readme: string, summary: string): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README has no lines "${begin}" and "${end}"`);
  return `${readme.slice(0, from + begin.length)}\n\n${summary}\n\n${readme.slice(to)}`;
}
