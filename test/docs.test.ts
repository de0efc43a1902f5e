// Documents that say what the code says: .env.example and docs/errors.md are complete, both ways; each promise of
// docs/guarantees.md has its test.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { batchSettings } from '../batch-layer/config.ts';
import { ingestSettings } from '../ingest/config.ts';
import { type Settings, variableName } from '../runtime/config.ts';
import { servingSettings } from '../serving/config.ts';
import { speedSettings } from '../speed-layer/config.ts';

const root = new URL('..', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

test('.env.example names every setting of every service with its default, and nothing that none of them reads', () => {
  const settings: Settings = { ...ingestSettings, ...speedSettings, ...batchSettings, ...servingSettings };
  const stack = read('.env.example').split('# --- ')[2]!;
  const described = new Map<string, string>();
  for (const line of read('.env.example').split('# --- ')[1]!.split('\n')) {
    const match = /^#?(TIDEMARK_[A-Z_]+)=(.*)$/.exec(line);
    if (match) described.set(match[1]!, match[2]!);
  }
  const expected = Object.entries(settings).map(([name, { byDefault }]): [string, string] => [
    variableName(name),
    byDefault ?? '',
  ]);
  expect(described).toEqual(new Map(expected));
  const sources = [...sourceFiles(['stack', 'cli']), 'test/stack.ts', 'test/exact-merge.property.test.ts']
    .map(read)
    .join('\n');
  for (const [, name] of stack.matchAll(/^#?(TIDEMARK_[A-Z_]+)=/gm)) expect(sources).toContain(name);
});

test('docs/errors.md has a line for each code, and no line without one', () => {
  const sources = sourceFiles(['schemas', 'api', 'runtime', 'ingest', 'speed-layer', 'batch-layer', 'serving'])
    // Only what raises a code counts, not the lists that document them.
    .filter((path) => !['api/problem-codes.ts', 'api/examples.ts'].includes(path))
    .map(read)
    .join('\n');
  const described = [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` +\|/gm)].map((match) => match[1]!);
  const raised = [
    ...sources.matchAll(/\bcode: '([a-z]+(?:-[a-z]+)*)'/g),
    ...sources.matchAll(/\bcode = '([a-z-]+)'/g),
    ...sources.matchAll(/\b(?:badParameter|invalid|KafkaError|SpeedError|BatchError)\(\s*'([a-z-]+)'/g),
  ].map((match) => match[1]!);
  expect(described.length).toBe(new Set(described).size);
  expect([...new Set(raised)].filter((code) => !described.includes(code))).toEqual([]);
  expect(described.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
});

function sourceFiles(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('test'))
      .map((name) => `${folder}/${name}`),
  );
}

test('docs/guarantees.md: each fault has a test of that name in that file', () => {
  const rows = [
    ...read('docs/guarantees.md').matchAll(/^\| (\d+) +\|.*\| \[([^\]]+)\]\(\.\.\/([^)]+)\) › (.+?) +\|$/gm),
  ];
  expect(rows.length).toBeGreaterThanOrEqual(35);
  for (const [i, [, number, name, file, title]] of rows.entries()) {
    expect(Number(number)).toBe(i + 1);
    expect(name).toBe(file);
    expect(file).toMatch(/\.(test|contract)\.ts$/);
    const source = read(file!);
    // The title as a whole; it may go on with what varies, in parentheses.
    const found = ["'", '"', '`'].some((q) => source.includes(q + title + q) || source.includes(`${q}${title} (\${`));
    expect(found, `${file} has no test "${title}"`).toBe(true);
  }
  // Every line of a table is such a row: none escapes the check above.
  const lines = read('docs/guarantees.md').match(/^\| \d+ .*$/gm) ?? [];
  expect(lines.length).toBe(rows.length);
});
