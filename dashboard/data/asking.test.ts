// Where there is no answer yet a reader is told what is going on.
import { expect, test } from 'vitest';
import { askingWords } from './asking.ts';

const problem = { code: 'views-unavailable', status: 503, detail: 'ClickHouse cannot be read: timeout after 5 s' };
const notReady = { code: 'not-ready', status: 503, detail: 'the first count is not done yet' };
const away = { kind: 'away', sinceMs: 0, nextAtMs: 0 } as const;

test.each([
  ['asked for', { kind: 'live' } as const, undefined, 'Loading…'],
  ['not answered', { kind: 'live' } as const, problem, 'Not available: ClickHouse cannot be read'],
  ['of a server that is away', { ...away, problem }, undefined, 'Not available'],
  ['of a server that is away, and asked in vain', { ...away, problem }, problem, 'Not available'],
  ['of a server that starts', { ...away, problem: notReady }, undefined, 'Waiting for the first numbers'],
  ['asked of a server that starts', { kind: 'connecting' } as const, notReady, 'Waiting for the first numbers'],
])('what is %s', (_, connection, own, words) => {
  expect(askingWords(connection, own)).toBe(words);
});
