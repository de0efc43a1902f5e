// Measures from what was counted: sums of base measures, exact (integers as bigint, ratios as decimal text), and how many
// different values the hidden dimensions have.
import type { Definition } from '../schemas/definition.ts';
import type { Totals } from './groups.ts';
import type { Query } from './query.ts';

/** The dimension whose values no amount is added across. */
export const moneyDimension = 'currency';

export function asksMoney(definition: Definition, { measures }: Query): boolean {
  return measures.some((name) => definition.measures[name]!.unit === 'minor');
}

/** A JSON number of any size, null where undefined. */
export type MeasureValue = unknown;

/** Names of what totals hold, in their order. */
export interface Counted {
  /** Base measures. */
  readonly bases: readonly string[];
  /** Hidden dimensions. */
  readonly distinct: readonly string[];
}

/** By base measure its sum, by hidden dimension how many values it has. */
type Counts = ReadonlyMap<string, bigint>;

export function countsOf({ bases, distinct }: Counted, { sums, sets }: Totals): Counts {
  return new Map([
    ...bases.map((name, i): [string, bigint] => [name, sums[i]!]),
    ...distinct.map((name, i): [string, bigint] => [name, sets[i]!.count()]),
  ]);
}

/** Integers beyond 2^53 and decimals are written digit by digit (JSON.rawJSON). */
export function measureValue(definition: Definition, name: string, counts: Counts): MeasureValue {
  const measure = definition.measures[name]!;
  const fraction = measureFraction(definition, name, counts);
  if (measure.kind === 'ratio') return fraction ? ratioValue(fraction.of, fraction.by, measure.decimals) : null;
  return integerValue(fraction!.of);
}

/** A value as it is, before any rounding; `by` is above zero. */
export interface Fraction {
  readonly of: bigint;
  readonly by: bigint;
}

/** undefined for nothing divided. */
export function measureFraction(definition: Definition, name: string, counts: Counts): Fraction | undefined {
  const measure = definition.measures[name]!;
  const sum = (base: string) => counts.get(base) ?? 0n;
  switch (measure.kind) {
    case 'base':
      return { of: sum(name), by: 1n };
    case 'distinct':
      return { of: sum(measure.of), by: 1n };
    case 'difference':
      return { of: measure.minus.reduce((rest, base) => rest - sum(base), sum(measure.of)), by: 1n };
    case 'ratio': {
      const [of, by] = [sum(measure.of), sum(measure.by)];
      return by === 0n ? undefined : by < 0n ? { of: -of, by: -by } : { of, by };
    }
    default:
      return measure satisfies never;
  }
}

export function compareFractions(a: Fraction, b: Fraction): number {
  const [left, right] = [a.of * b.by, b.of * a.by];
  return left < right ? -1 : left > right ? 1 : 0;
}

const changeDecimals = 4;

/** (now − then) / |then|; null where there is no value or then is 0. */
export function changeValue(now: Fraction | undefined, then: Fraction | undefined): MeasureValue {
  if (!now || !then) return null;
  const size = then.of < 0n ? -then.of : then.of;
  return ratioValue(now.of * then.by - then.of * now.by, now.by * size, changeDecimals);
}

function integerValue(value: bigint): MeasureValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawJson(value.toString());
}

function ratioValue(of: bigint, by: bigint, decimals: number): MeasureValue {
  const text = formatRatio(of, by, decimals);
  return text === undefined ? null : rawJson(text);
}

/** of / by with that many decimals, halves away from zero; undefined for nothing divided. */
export function formatRatio(of: bigint, by: bigint, decimals: number): string | undefined {
  if (by === 0n) return undefined;
  const negative = of < 0n !== by < 0n;
  const [a, b] = [of < 0n ? -of : of, by < 0n ? -by : by];
  const scaled = (2n * a * 10n ** BigInt(decimals) + b) / (2n * b);
  const digits = scaled.toString().padStart(decimals + 1, '0');
  const sign = negative && scaled !== 0n ? '-' : '';
  return decimals === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** TypeScript's library does not know it yet (ES2026, in Node since 22). */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

function rawJson(text: string): unknown {
  return rawJSON(text);
}
