// What ranges, comparisons and measures are called on the page. Pure.
import { localDateTime, shiftDay } from './format.ts';
import type { Comparison, Dimension, Page, PageState, Range } from './page-state.ts';

export const pageTitles: Readonly<Record<Page, string>> = { today: 'Today', pipeline: 'Pipeline', reports: 'Reports' };

export interface RangeChoice {
  readonly range: Range;
  readonly name: string;
  readonly short: string;
}

const named = (name: Extract<Range, { kind: 'named' }>['name']): Range => ({ kind: 'named', name });
const last = (text: string): Range => ({ kind: 'last', last: text });

export const rangeChoices: readonly RangeChoice[] = [
  { range: last('60m'), name: 'Last hour', short: '1 h' },
  { range: last('24h'), name: 'Last 24 hours', short: '24 h' },
  { range: named('today'), name: 'Today', short: 'Today' },
  { range: named('yesterday'), name: 'Yesterday', short: 'Yesterday' },
  { range: last('7d'), name: 'Last 7 days', short: '7 d' },
  { range: named('week-to-date'), name: 'This week', short: 'Week' },
  { range: named('month-to-date'), name: 'This month', short: 'Month' },
  { range: named('quarter-to-date'), name: 'This quarter', short: 'Quarter' },
  { range: named('year-to-date'), name: 'This year', short: 'Year' },
  { range: last('12mo'), name: 'Last 12 months', short: '12 mo' },
  { range: last('5y'), name: 'Last 5 years', short: '5 y' },
  { range: { kind: 'all' }, name: 'All there is', short: 'All' },
];

export function isSameRange(a: Range, b: Range): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function rangeWords(range: Range): string {
  const known = rangeChoices.find((choice) => isSameRange(choice.range, range));
  if (known) return known.name;
  if (range.kind === 'last') return `Last ${lastWords(range.last)}`;
  if (range.kind === 'between') return betweenWords(range);
  return 'All there is';
}

const unitNames: Readonly<Record<string, string>> = {
  m: 'minutes',
  h: 'hours',
  d: 'days',
  w: 'weeks',
  mo: 'months',
  y: 'years',
};

function lastWords(last: string): string {
  const [, number = '', unit = ''] = /^(\d+)([a-z]+)$/.exec(last) ?? [];
  return `${number} ${number === '1' ? unitNames[unit]?.slice(0, -1) : unitNames[unit]}`;
}

/** Within a sentence; names of months stay as they are. */
export function inSentence(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** Whole days are told with the last one that is in the range; where an end lies within a day, both ends with their time. */
export function betweenWords({ from, to }: { from: string; to: string }): string {
  const isTimed =
    from.slice(0, 10) === to.slice(0, 10) || [from, to].some((text) => /T(?!00:00(:00)?([.Z+-]|$))/.test(text));
  const ends = isTimed ? [from, to] : [from, shiftDay(to.slice(0, 10), -1)];
  const words = ends.map((text) => localDateTime(text.length === 10 ? `${text}T00:00` : text, isTimed));
  return [...new Set(words)].join(' to ');
}

const longestGrainMs = 15 * 60_000;

/** Where a range ends. What goes on is counted by whole windows, so its end is told as that of the last one: later than now. */
export function endWords(to: string, nowMs: number, text: (to: string) => string): string {
  const aheadMs = Date.parse(to) - nowMs;
  return aheadMs > 0 && aheadMs <= longestGrainMs ? 'until now' : `to ${text(to)}`;
}

export const comparisonNames: Readonly<Record<Comparison, string>> = {
  none: 'nothing',
  previous: 'the period before',
  'day-ago': 'a day before',
  'week-ago': 'a week before',
  'year-ago': 'a year before',
};

/** Of a day that goes on. */
const sameTimes: Readonly<Partial<Record<Comparison, string>>> = {
  previous: 'the day before',
  'day-ago': 'yesterday',
  'week-ago': 'last week',
};

/** What a number is held against: "same time last week". */
export function comparisonWords({ compare, range }: Pick<PageState, 'compare' | 'range'>): string {
  if (compare === 'none') return '';
  const day = range.kind === 'named' && range.name === 'today' && sameTimes[compare];
  return day ? `same time ${day}` : comparisonNames[compare];
}

export const measureNames = {
  orders: 'Orders',
  netMinor: 'Net',
  units: 'Units',
  itemMinor: 'Line totals',
  grossMinor: 'Gross',
  averageOrderMinor: 'Average order',
  customers: 'Customers',
} as const;

export const dimensionNames: Readonly<Record<Dimension, string>> = {
  store: 'Store',
  channel: 'Channel',
  country: 'Country',
  currency: 'Currency',
  category: 'Category',
  sku: 'Product',
};

/** A name of which nothing can be seen is said to be so; filters keep it as it is. */
export function nameWords(name: string): string {
  return /[^\s\p{Cc}\p{Cf}]/u.test(name) ? name : '(blank)';
}

/** range=tomorrow, tz=Mars → range “tomorrow”, time zone “Mars” */
export function ignoredWords(parts: readonly string[]): string {
  return parts.map((part) => `${part.replace(/^tz=/, 'time zone=').replace('=', ' “')}”`).join(', ');
}
