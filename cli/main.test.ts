// The command line as a process: how it ends when its reader or its terminal goes away.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { openFakeService } from './fake-service.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-main-'));
const file = join(folder, 'events.ndjson');
writeFileSync(file, '{}\n');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const main = new URL('main.ts', import.meta.url).pathname;
const away = { status: 503, headers: { 'retry-after': '30' }, body: { detail: 'away' } };

function tidemark(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('a reader that has enough leaves no stack trace: `tidemark help | head -1`', async () => {
  const child = tidemark(['help']);
  child.stdout.destroy();
  const err = child.stderr.toArray();
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(Buffer.concat(await err).toString()).toBe('');
});

test('a closed terminal ends a command in order, as SIGTERM does', async () => {
  await using ingest = await openFakeService(() => away);
  const child = tidemark(['import', file], { TIDEMARK_INGEST_URL: ingest.url });
  await once(child.stderr, 'data'); // it says that it waits
  child.kill('SIGHUP');
  expect(await once(child, 'exit')).toEqual([130, null]);
});

test('a command whose messages nobody reads any more is ended in order', async () => {
  await using ingest = await openFakeService(() => away);
  const child = tidemark(['import', file], { TIDEMARK_INGEST_URL: ingest.url });
  child.stderr.destroy();
  expect(await once(child, 'exit')).toEqual([130, null]);
});
