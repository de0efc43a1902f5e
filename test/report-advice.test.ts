// What is advised about failed reports: what passes or lies with the server is not told as a fault of the query.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { adviceOf } from '../api/report-advice.ts';

const documented = [
  ...readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8').matchAll(/^\| `([\w-]+)` +\| (\w+) /gm),
];

test('what may pass is run again, what the query causes is saved otherwise', () => {
  expect(adviceOf('closing')).toContain('run it again');
  expect(adviceOf('too-many-rows')).toContain('shorter range, larger windows');
  expect(adviceOf('never-heard-of')).toContain('save another query');
});

test('no code that stands for a fault of the server is told as one of the query', () => {
  const ofQuery = adviceOf('never-heard-of');
  for (const code of [
    'not-ready',
    'batch-views-away',
    'run-unreadable',
    'report-timeout',
    'report-folder-failed',
    'reports-away',
    'overloaded',
    'closing',
    'internal',
    'report-unreadable',
  ]) {
    expect(documented.map(([, name]) => name)).toContain(code);
    expect([code, adviceOf(code)]).not.toEqual([code, ofQuery]);
  }
});
