// The life of a service process, as whoever sends it signals sees it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

/** A service whose `open` is this code. Resolves when it has sent its first message. */
async function start(open: string, deadlineMs = 60_000) {
  const module = JSON.stringify(new URL('./service.ts', import.meta.url).href);
  const code = `import { runService } from ${module};
    setInterval(() => {}, 1_000);
    await runService('test', () => 'info', async (resources, log) => { ${open} }, { deadlineMs: ${deadlineMs} });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const log = text(child.stdout!);
  await once(child, 'message');
  return { child, log, exited: once(child, 'exit') as Promise<[number | null, string | null]> };
}

const hanging = `resources.defer(() => new Promise(() => process.send('closing'))); process.send('open');`;

test('a signal closes what was opened, in reverse, and the process ends well', async () => {
  const { child, log, exited } = await start(`
    resources.defer(() => log.info('closing the first'));
    resources.defer(() => log.info('closing the second'));
    process.send('open');`);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  const messages = (await log).match(/"msg":"[^"]+"/g);
  expect(messages).toEqual(['closing', 'closing the second', 'closing the first', 'closed'].map((m) => `"msg":"${m}"`));
});

test('what does not close in time is abandoned, and the log says so', async () => {
  const { child, log, exited } = await start(hanging, 100);
  child.kill('SIGTERM');
  expect(await exited).toEqual([1, null]);
  expect(await log).toContain('not closed within 100 ms');
});

test('a second signal ends it at once', async () => {
  const { child, log, exited } = await start(hanging);
  child.kill('SIGINT');
  await once(child, 'message');
  child.kill('SIGINT');
  expect(await exited).toEqual([1, null]);
  expect(await log).toContain('second SIGINT');
});

test('a fault while it closes is logged and told by the exit code', async () => {
  const { child, log, exited } = await start(`
    resources.defer(() => { throw new Error('the store is away'); });
    process.send('open');`);
  child.kill('SIGTERM');
  expect(await exited).toEqual([1, null]);
  expect(await log).toContain('the store is away');
});

test('a signal while it still waits for a store ends it well: that the store was closed under it is no fault', async () => {
  const { child, exited } = await start(`
    const { promise, reject } = Promise.withResolvers();
    resources.defer(() => reject(new Error('connection closed')));
    process.send('waiting');
    await promise;`);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
