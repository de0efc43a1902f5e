// From an order that was to be sent to the event on the stream that counts it, in rounds.
import { type FlowOptions, type FlowResult, measureFlow } from './order-flow.ts';
import type { Tidemark } from './world.ts';

export async function measureFreshness(
  tidemark: Tidemark,
  options: FlowOptions & { readonly rounds: number; readonly say: (line: string) => void },
): Promise<FlowResult[]> {
  const results: FlowResult[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    const result = await measureFlow(tidemark, round, options);
    const { p50, p99 } = result.freshness;
    options.say(`  round ${round} of ${options.rounds}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
    results.push(result);
  }
  return results;
}
