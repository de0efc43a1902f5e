// What a browser has to load for a first look.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type BuiltFile, buildDashboard, maxScriptBytes, scriptBytes } from './build.ts';

test('all script together is at most 60,000 bytes gzipped, a first look loads less, and the page holds nothing inline', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-dashboard-build-'));
  try {
    const files = await buildDashboard(folder);
    expect(scriptBytes(files)).toBeGreaterThan(10_000);
    expect(scriptBytes(files)).toBeLessThanOrEqual(maxScriptBytes);
    const later = files.filter(({ isFirst }) => !isFirst);
    // One file: what its pages share is compressed once.
    expect(later.map(({ name }) => /\/(\w+)-/.exec(name)?.[1])).toEqual(['later']);
    const textOf = ({ name }: BuiltFile) => readFileSync(join(folder, name), 'utf8');
    const [first] = files.filter(({ name, isFirst }) => name.endsWith('.js') && isFirst);
    for (const words of ['Dead letters by reason', 'Run now']) {
      expect(textOf(first!)).not.toContain(words);
      expect(later.map(textOf).join()).toContain(words);
    }
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    // A strict Content-Security-Policy would refuse them.
    expect(page).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)| on[a-z]+=/);
    expect(page).not.toMatch(/https?:\/\//);
    // Served at /assets/ alone.
    for (const { name } of files) expect(name).toMatch(/^(index\.html|assets\/[\w-]+-[\w-]{8}\.(js|css|svg))$/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
