// Mutants of the dashboard: what its numbers are of, how true they are called, what an address and a name can do to it.
import type { Mutant } from './mutant.ts';

const truth = ['dashboard/data/truth.test.ts'];
const state = ['dashboard/data/page-state.test.ts'];
const queries = ['dashboard/data/queries.test.ts'];
const format = ['dashboard/data/format.test.ts'];
const today = ['test/browser/today.test.ts'];
const live = ['test/browser/live.test.ts'];
const hostile = ['test/browser/hostile.test.ts'];

export const dashboardMutants: readonly Mutant[] = [
  {
    id: 'page-true-though-lag-unknown',
    breaks: 'what is behind by nobody knows how much is not called true',
    file: 'dashboard/data/truth.ts',
    find: 'const isStale = lagMs === null ||',
    replace: 'const isStale =',
    tests: truth,
  },
  {
    id: 'page-true-though-fault',
    breaks: 'numbers that stand still for a fault of the server are not called true',
    file: 'dashboard/data/truth.ts',
    find: ' || fault !== undefined;',
    replace: ';',
    tests: truth,
  },
  {
    id: 'page-true-though-incomplete',
    breaks: 'where the server has a note the page does not say plainly true',
    file: 'dashboard/data/truth.ts',
    find: 'const isNoted = provenance.notes.length > 0 || audit.state',
    replace: 'const isNoted = audit.state',
    tests: truth,
  },
  {
    id: 'page-true-though-panels-missing',
    breaks: 'a page on which panels have no answer is not called true',
    file: 'dashboard/data/truth.ts',
    find: ' || !!missing;',
    replace: ';',
    tests: truth,
  },
  {
    id: 'page-live-to-moves',
    breaks: 'while nothing is counted and records wait, live to stands',
    file: 'dashboard/data/truth.ts',
    find: '(before?.token === token ? before.sinceMs : undefined) ??',
    replace: '',
    tests: truth,
  },
  {
    id: 'page-true-though-disconnected',
    breaks: 'a page that hears nothing says so',
    file: 'dashboard/data/live.ts',
    find: `connection.value = { kind: 'away', sinceMs, nextAtMs: Date.now() + waitMs, problem: error };`,
    replace: 'void [sinceMs, waitMs];',
    tests: live,
    only: 'serving is restarted',
  },
  {
    id: 'page-filter-not-in-address',
    breaks: 'a link shows the same to everybody: filters',
    file: 'dashboard/data/page-state.ts',
    find: 'for (const value of filters[name] ?? []) parameters.append(`where.${name}`, value);',
    replace: 'void filters[name];',
    tests: state,
  },
  {
    id: 'page-zone-not-in-address',
    breaks: 'a link shows the same to everybody: the zone',
    file: 'dashboard/data/page-state.ts',
    find: `  parameters.set('tz', tz);
`,
    replace: '',
    tests: state,
  },
  {
    id: 'page-zone-not-asked',
    breaks: 'numbers are those of the zone that is chosen',
    file: 'dashboard/data/queries.ts',
    find: 'tz: state.tz,',
    replace: `tz: 'UTC',`,
    tests: queries,
  },
  {
    id: 'page-filter-not-asked',
    breaks: 'numbers are those of the filters that are chosen',
    file: 'dashboard/data/queries.ts',
    find: '...(filters.length > 0 && {',
    replace: '...(filters.length > 9 && {',
    tests: queries,
  },
  {
    id: 'page-amounts-in-floating-point',
    breaks: 'amounts beyond 2^53 are exact to the last digit',
    file: 'dashboard/data/format.ts',
    find: '? BigInt(Math.round(minor)) : minor;',
    replace: '? BigInt(Math.round(minor)) : BigInt(Number(minor));',
    tests: format,
  },
  {
    id: 'page-counts-in-floating-point',
    breaks: 'counts are added exactly',
    file: 'dashboard/data/sums.ts',
    find: 'BigInt(a) + BigInt(b);',
    replace: 'BigInt(Number(a) + Number(b));',
    tests: format,
  },
  {
    id: 'page-currency-of-any-text',
    breaks: 'no address breaks the page: what is no currency',
    file: 'dashboard/data/format.ts',
    find: `  if (!/^[A-Z]{3}$/.test(currency)) return 2;
`,
    replace: '',
    tests: format,
  },
  {
    id: 'page-time-of-any-text',
    breaks: 'no address breaks the page: what is no date',
    file: 'dashboard/data/page-state.ts',
    find: ' && !Number.isNaN(Date.parse(text))',
    replace: '',
    tests: state,
  },
  {
    id: 'page-leaves-aside-in-silence',
    breaks: 'what an address says wrongly is left aside and said',
    file: 'dashboard/data/navigation.ts',
    find: `how === 'replace' ? current.value.ignored : []`,
    replace: '[]',
    tests: hostile,
    only: 'an address of nonsense',
  },
  {
    id: 'page-name-as-html',
    breaks: 'a name is text, whatever is in it',
    file: 'dashboard/parts/breakdown.tsx',
    find: `chosen already\`}
            >
              {String(value)}
`,
    replace: `chosen already\`}
              dangerouslySetInnerHTML={{ __html: String(value) }}
            >
`,
    tests: hostile,
    only: 'names of any text',
  },
  {
    id: 'page-follows-the-stream-before',
    breaks: 'changes of another query are no news of this one',
    file: 'dashboard/data/live.ts',
    find: 'return () => ending.abort();',
    replace: 'return () => undefined;',
    tests: today,
    only: 'a click on a store',
  },
  {
    id: 'page-old-answer-as-new',
    breaks: 'the answer to the question before is shown as what it is',
    file: 'dashboard/pages/today.tsx',
    find: 'answeredQuery.value !== text;',
    replace: 'answeredQuery.value === undefined;',
    tests: today,
    only: 'a click on a store',
  },
  {
    id: 'page-late-answer-over-a-newer',
    breaks: 'an answer that comes after the next question is not shown',
    file: 'dashboard/data/polled.ts',
    find: '{ signal: ending.signal }',
    replace: '{}',
    tests: today,
    only: 'an answer that comes late',
  },
  {
    id: 'page-currencies-added',
    breaks: 'amounts of different currencies are never added, nor shown as one',
    file: 'dashboard/pages/today/figures.tsx',
    find: 'if (rows.length <= 1) {',
    replace: 'if (rows.length <= 9) {',
    tests: today,
    only: 'amounts of several currencies',
  },
  {
    id: 'page-charts-of-several-currencies',
    breaks: 'amounts of different currencies are never drawn as one',
    file: 'dashboard/pages/today.tsx',
    find: `chosen.length === 1
`,
    replace: `chosen.length >= 1
`,
    tests: today,
    only: 'amounts of several currencies',
  },
  {
    id: 'page-number-waits',
    breaks: 'a number moves as soon as the page is told',
    file: 'dashboard/data/live.ts',
    find: `if (event.name !== 'error') show(text, event, streamed);`,
    replace: `if (event.name !== 'error') setTimeout(() => show(text, event, streamed), 300);`,
    tests: live,
    only: 'a number moves',
  },
  {
    id: 'page-blinks-at-a-run',
    breaks: 'a batch run passes without a dip',
    file: 'dashboard/data/live.ts',
    find: 'liveAnswer.value = { ...head, rows };',
    replace: 'liveAnswer.value = { ...head, rows: known && known.provenance.run !== head.provenance.run ? [] : rows };',
    tests: live,
    only: 'a batch run passes',
  },
  {
    id: 'page-why-of-another-query',
    breaks: 'Why? asks the query behind the number that is shown',
    file: 'dashboard/pages/today/figures.tsx',
    find: 'queryOf(state, { measures: [measure], compare: true }, all)',
    replace: 'queryOf({ ...state, filters: {} }, { measures: [measure], compare: true }, all)',
    tests: ['test/browser/access.test.ts'],
    only: 'the first journey by keyboard',
  },
  {
    id: 'page-token-outlives-the-tab',
    breaks: 'the operator token ends with the tab',
    file: 'dashboard/data/tab-storage.ts',
    find: 'return work(sessionStorage);',
    replace: 'return work(localStorage);',
    tests: ['test/browser/reports.test.ts'],
    only: 'a wrong token is said',
  },
  {
    id: 'page-has-no-advice',
    breaks: 'what serving says is said with what to do',
    file: 'dashboard/data/advice.ts',
    find: 'matches: /^live part stale since/',
    replace: 'matches: /^the live part is stale/',
    tests: ['test/notes.test.ts'],
  },
  {
    id: 'rate-over-a-pause',
    breaks: 'the page shows no rate over a time in which it did not look',
    file: 'dashboard/data/samples.ts',
    find: ' || ms > maxGapMs',
    replace: '',
    tests: ['dashboard/data/samples.test.ts'],
  },
  {
    id: 'quiet-partition-stands-still',
    breaks: 'a partition stands still only if it had records waiting all the time',
    file: 'dashboard/data/samples.ts',
    find: ' && endThen !== null && endThen > offset',
    replace: '',
    tests: ['dashboard/data/samples.test.ts'],
  },
];
