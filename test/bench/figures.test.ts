import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { secondsOf } from './processor-time.ts';
import { freshnessOf } from './seen-orders.ts';
import { latenciesOf, percentile, spreadOf } from './statistics.ts';
import { summaryOf, withSummary } from './summary.ts';

describe('percentiles', () => {
  test('are values that were measured: the nearest rank from above, in any order', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([0, 0.01, 0.5, 0.99, 0.991, 1].map((share) => percentile(hundred, share))).toEqual([1, 1, 50, 99, 100, 100]);
    expect(percentile([10, 9], 0.5)).toBe(9);
    expect(percentile([], 0.5)).toBeNaN();
    expect(latenciesOf([3, 1, 2])).toEqual({ p50: 2, p99: 3, max: 3, count: 3 });
  });
});

describe('rounds', () => {
  test('are told as the median with the least and the most', () => {
    expect(spreadOf([10, 9, 2])).toEqual({ median: 9, least: 2, most: 10, rounds: 3 });
    expect(spreadOf([4, 1, 2, 100])).toEqual({ median: 3, least: 1, most: 100, rounds: 4 });
  });
});

describe('when an order was seen', () => {
  const event = (atMs: number, ...vector: number[]) => ({ atMs, vector });
  const batch = (dueMs: number, orders: number, ...vector: number[]) => ({ dueMs, orders, vector });

  test('is the first event that covers it, once for each order that was sent with it', () => {
    const events = [event(10, 0, 0), event(20, 1, 0), event(30, 2, 2)];
    expect(freshnessOf([batch(5, 1, 1, 0), batch(8, 3, 2, 1)], events)).toEqual([15, 22, 22, 22]);
  });

  test('is its own, also where a later one overtook it in another partition', () => {
    const events = [event(20, 0, 4), event(50, 3, 4)];
    expect(freshnessOf([batch(0, 1, 3, 0), batch(10, 1, 0, 4)], events)).toEqual([50, 10]);
  });

  test('is a fault where it never was', () => {
    expect(() => freshnessOf([batch(0, 1, 3, 5)], [event(20, 3, 4)])).toThrow('3,5');
  });
});

describe('README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const latencies = (p50: number, p99: number) => ({ p50, p99, max: p99, count: 10 });
  const freshness = [latencies(20, 50), latencies(30, 60), latencies(21, 90)];
  const results = {
    ordersPerSecond: 1_000,
    freshness: freshness.map((each) => ({ freshness: each, acknowledgement: latencies(1, 2) })),
  };

  test('has a place for the figures of the last run, and nothing else of it changes', () => {
    const once = withSummary(readme, summaryOf({ results, where: 'here' }));
    expect(once).toContain('here.');
    expect(once).toContain('p50 21.0 (20.0 to 30.0) ms, p99 60.0 (50.0 to 90.0) ms');
    expect(withSummary(once, 'x').replace('x\n\n', '')).toBe(withSummary(readme, 'y').replace('y\n\n', ''));
    expect(() => withSummary('# Tidemark', 'x')).toThrow('no lines');
  });
});

test('processor time is read past a command that holds blanks and brackets', () => {
  const fields = ['S', ...Array.from({ length: 10 }, () => '0'), '150', '50', '7', '7'];
  expect(secondsOf(`42 (node (a) b) ${fields.join(' ')}`)).toBe(2);
});
