// A report's query in words, and a name for it. Pure.
import type { ClientQuery } from '../../api/client.ts';
import { listed } from './format.ts';
import { nameWords } from './words.ts';

/** "orders placed by store and currency for each day · yesterday, Europe/Berlin · store West or East". */
export function queryInWords(query: ClientQuery, titleOf: (measure: string) => string): string {
  const { measures, by = [], window, compare, limit, where = {}, not = {} } = query;
  const filters = (filter: NonNullable<ClientQuery['where']>, word: string) =>
    Object.entries(filter).map(([name, values]) => `${name}${word} ${listed(values.map(nameWords), 'disjunction')}`);
  return [
    measures.map(titleOf).join(', ') + some(by[0], ` by ${listed(by)}`) + some(window, ` for each ${window}`),
    rangeInWords(query),
    some(compare, `against ${compare}`),
    ...filters(where, ''),
    ...filters(not, ' not'),
    some(limit, `the first ${limit}`),
  ]
    .filter(Boolean)
    .join(' · ');
}

const some = (value: unknown, text: string): string => (value ? text : '');

function rangeInWords({ range, last, from, to, tz = 'UTC' }: ClientQuery): string {
  if (!range && !last && !from && !to) return 'all there is';
  const ends = some(from, `from ${from} `) + some(to, `before ${to}`);
  return `${range?.replaceAll('-', ' ') ?? (some(last, `last ${last}`) || ends.trim())}, ${tz}`;
}

/** The range is told from the instant that a report is of. */
export function isRelative({ range, last }: ClientQuery): boolean {
  return range !== undefined || last !== undefined;
}

/** A name that a report or a file can have. */
export function nameFrom(title: string): string {
  const name = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 63);
  return name || 'report';
}
