// The list of mutants does not rot: each one still applies to the code, and names tests that are there. Running them is
// `npm run mutants`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutants } from './list.ts';
import { applyMutant, type Mutant } from './mutant.ts';

const root = join(import.meta.dirname, '../..');

test('there are at least 45 mutants, each under an id of its own', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(45);
  expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
});

test.each(mutants.map((mutant): [string, Mutant] => [mutant.id, mutant]))(
  '%s changes production code in exactly one place, and its tests are there',
  (_, mutant) => {
    expect(mutant.file).not.toMatch(/^test\/|\.test\.ts$/);
    const text = readFileSync(join(root, mutant.file), 'utf8');
    expect(applyMutant(text, mutant)).not.toBe(text);
    expect(mutant.tests.length).toBeGreaterThan(0);
    for (const file of mutant.tests) expect(existsSync(join(root, file)), file).toBe(true);
  },
);
