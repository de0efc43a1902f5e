// What ranges are called, and parts of an address.
import { expect, test } from 'vitest';
import { comparisonWords, endWords, ignoredWords, nameWords, rangeWords } from './words.ts';

test.each([
  ['2015-01-01', '2016-01-01', '1 Jan 2015 to 31 Dec 2015'],
  ['2026-03-01', '2026-03-02', '1 Mar 2026'],
  ['2026-03-01T10:00:00Z', '2026-03-02T00:00:00Z', '1 Mar 2026, 10:00 to 2 Mar 2026, 00:00'],
  ['2026-03-01', '2026-03-01T12:30:00Z', '1 Mar 2026, 00:00 to 1 Mar 2026, 12:30'],
  // As answers and reports tell it.
  ['2026-11-21T00:00:00+01:00', '2026-11-22T00:00:00+01:00', '21 Nov 2026'],
  ['2026-11-21T00:00:00+01:00', '2026-11-23T00:00:00+01:00', '21 Nov 2026 to 22 Nov 2026'],
  ['2026-11-21T00:00:00+01:00', '2026-11-21T19:33:00+01:00', '21 Nov 2026, 00:00 to 21 Nov 2026, 19:33'],
  ['2026-11-21T00:00:00+01:00', '2026-11-21T00:00:00+01:00', '21 Nov 2026, 00:00'],
])('a range from %s to %s is told with its last day: %s', (from, to, words) => {
  expect(rangeWords({ kind: 'between', from, to })).toBe(words);
});

test.each([
  ['2026-11-22T03:11:00+01:00', 'to 03:11'],
  ['2026-11-22T03:12:00+01:00', 'until now'],
  ['2026-11-22T02:15:00Z', 'until now'],
  // Asked for, and still to come.
  ['2026-11-23T00:00:00+01:00', 'to 00:00'],
])('at 03:11:21 a range to %s goes %s', (to, words) => {
  const text = (iso: string) => iso.slice(11, 16);
  expect(endWords(to, Date.parse('2026-11-22T03:11:21+01:00'), text)).toBe(words);
});

test('what an address says that is not known is called as on the page', () => {
  expect(ignoredWords(['range=tomorrow', 'tz=Mars/Base', 'to=a=b'])).toBe(
    'range “tomorrow”, time zone “Mars/Base”, to “a=b”',
  );
});

test.each([
  ['week-ago', 'same time last week', 'a week before'],
  ['previous', 'same time the day before', 'the period before'],
  ['year-ago', 'a year before', 'a year before'],
  ['none', '', ''],
] as const)('against %s is, of a day that goes on, "%s", and else "%s"', (compare, ofToday, ofOthers) => {
  expect(comparisonWords({ compare, range: { kind: 'named', name: 'today' } })).toBe(ofToday);
  expect(comparisonWords({ compare, range: { kind: 'last', last: '7d' } })).toBe(ofOthers);
});

test('a name of which nothing can be seen is told as blank, any other as it is', () => {
  expect([' ', '\u00a0\t', '\u200b\u2060'].map(nameWords)).toEqual(['(blank)', '(blank)', '(blank)']);
  expect([' a ', '-', '\u202eab', '🛒'].map(nameWords)).toEqual([' a ', '-', '\u202eab', '🛒']);
});
