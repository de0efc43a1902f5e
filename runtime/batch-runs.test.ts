// Which published runs are no ancestors of a run.
import { expect, test } from 'vitest';
import { runsOffChain } from './batch-runs.ts';

const links = [
  { run: '6', parent: '5' },
  { run: '5', parent: '3' },
  { run: '4', parent: '2' }, // made beside 3, published after it
  { run: '3', parent: '2' },
  { run: '2', parent: '1' },
  { run: '1', parent: '' },
];

test.each([
  ['6', ['4']],
  ['5', ['4']],
  ['4', ['3']],
  ['3', []],
  ['1', []],
])('beside the chain of run %s lie %j, later ones apart', (run, beside) => {
  expect(runsOffChain(links, run)).toEqual(beside);
});

test('where a parent is gone all that lies below it is beside the chain', () => {
  const known = links.filter(({ run }) => run !== '3');
  expect(runsOffChain(known, '6')).toEqual(['4', '2', '1']);
});
