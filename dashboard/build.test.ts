// What a browser has to load for a first look.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildDashboard, maxScriptBytes, scriptBytes } from './build.ts';

test('the script is one file of at most 60,000 bytes gzipped, and the page holds nothing inline', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-dashboard-build-'));
  try {
    const files = await buildDashboard(folder);
    expect(scriptBytes(files)).toBeGreaterThan(10_000);
    expect(scriptBytes(files)).toBeLessThanOrEqual(maxScriptBytes);
    expect(files.filter(({ name }) => name.endsWith('.js'))).toHaveLength(1);
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
