// Supervision with small real processes: services that listen, die, hang and are left behind.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MemberEvent } from './member.ts';
import { chooseFreePorts, requireFreePorts } from './ports.ts';
import { identify, isStillRunning } from './process-identity.ts';
import { claimRun, readRun, stopRun } from './run-file.ts';
import { loadSecrets } from './secrets.ts';
import { openSupervisor, type ServiceSpec } from './supervisor.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-supervisor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Listens on the port and writes to `order` when it is told to stop. */
const SERVICE = `
  const { appendFileSync } = require('node:fs');
  const [name, port, order, stubborn] = process.argv.slice(1);
  const server = require('node:http').createServer((_, answer) => answer.end()).listen(Number(port), '127.0.0.1');
  console.log(name + ' listens');
  process.on('SIGTERM', () => { appendFileSync(order, name + ' '); if (!stubborn) process.exit(0); });
`;

async function service(name: string, script = SERVICE, stubborn = ''): Promise<ServiceSpec> {
  const [port] = await chooseFreePorts(1);
  const args = ['-e', script, name, String(port), join(folder, 'order'), stubborn];
  return { name, command: process.execPath, args, readyUrl: `http://127.0.0.1:${port}/` };
}

test('a service that is killed is started again and answers', async () => {
  const events: MemberEvent[] = [];
  const spec = await service('ingest');
  await using supervisor = await openSupervisor([[spec]], { logDir: folder, onEvent: (event) => events.push(event) });
  const killed = supervisor.members[0]?.pid as number;
  process.kill(killed, 'SIGKILL');
  await expect.poll(() => events.findLast((event) => event.kind === 'restarted')).toMatchObject({ reason: 'SIGKILL' });
  expect(supervisor.members[0]?.pid).not.toBe(killed);
  expect((await fetch(spec.readyUrl)).status).toBe(200);
  expect(readFileSync(join(folder, 'ingest.log'), 'utf8')).toBe('ingest listens\ningest listens\n');
});

test('services stop in the reverse of the order in which they were started', async () => {
  const supervisor = await openSupervisor(
    [[await service('first')], [await service('second'), await service('third')]],
    { logDir: folder },
  );
  await supervisor[Symbol.asyncDispose]();
  expect(readFileSync(join(folder, 'order'), 'utf8')).toBe('third second first ');
  for (const { pid } of supervisor.members) expect(identify(pid)).toBeUndefined();
});

test('a service that does not heed SIGTERM is killed at the deadline', async () => {
  const supervisor = await openSupervisor([[await service('stubborn', SERVICE, 'yes')]], {
    logDir: folder,
    stopWithinMs: 200,
  });
  await supervisor[Symbol.asyncDispose]();
  expect(identify(supervisor.members[0]?.pid as number)).toBeUndefined();
  expect(readFileSync(join(folder, 'order'), 'utf8')).toBe('stubborn ');
});

test('a service that ends at its first start fails with the end of its log, and the others are stopped', async () => {
  const pids: number[] = [];
  const bad = await service('serving', "console.error('TIDEMARK_X is missing'); process.exit(3)");
  const opening = openSupervisor([[await service('ingest')], [bad]], {
    logDir: folder,
    onEvent: (event) => event.kind === 'started' && pids.push(event.pid),
  });
  await expect(opening).rejects.toThrow(
    /serving ended \(exit code 3\) before it was ready[\s\S]*TIDEMARK_X is missing/,
  );
  for (const pid of pids) expect(identify(pid)).toBeUndefined();
});

test('a start can be given up while a service is not ready yet', async () => {
  const giveUp = new AbortController();
  const slow = await service('slow', 'setInterval(() => {}, 1000)');
  const opening = openSupervisor([[slow]], {
    logDir: folder,
    signal: giveUp.signal,
    onEvent: (event) => event.kind === 'started' && giveUp.abort(),
  });
  await expect(opening).rejects.toThrow('slow was stopped before it was ready');
});

test('a taken port is named with its purpose and the variable that changes it', async () => {
  const spec = await service('ingest');
  await using _ = await openSupervisor([[spec]], { logDir: folder });
  const wanted = { port: Number(new URL(spec.readyUrl).port), purpose: 'Redis', variable: 'TIDEMARK_STACK_REDIS_PORT' };
  await expect(requireFreePorts([wanted])).rejects.toThrow(
    `port ${wanted.port} for Redis is in use by another process; set TIDEMARK_STACK_REDIS_PORT`,
  );
});

test('two services on one port are refused and both variables are named', async () => {
  const [port] = (await chooseFreePorts(1)) as [number];
  const wanted = [
    { port, purpose: 'ingest', variable: 'TIDEMARK_INGEST_PORT' },
    { port, purpose: 'Redis', variable: 'TIDEMARK_STACK_REDIS_PORT' },
  ];
  await expect(requireFreePorts(wanted)).rejects.toThrow(
    `port ${port} is wanted for ingest (TIDEMARK_INGEST_PORT) and for Redis (TIDEMARK_STACK_REDIS_PORT)`,
  );
});

test("a good answer of somebody else's server does not make a service ready that has ended", async () => {
  const spec = await service('ingest', 'process.exit(3)');
  let pid = 0;
  const gone = async (): Promise<void> => {
    await expect.poll(() => pid > 0 && identify(pid) === undefined, { timeout: 10_000 }).toBe(true);
  };
  const foreign = createServer((_, answer) => void gone().then(() => answer.end()));
  await new Promise<void>((resolve) =>
    foreign.listen(Number(new URL(spec.readyUrl).port), '127.0.0.1', () => resolve()),
  );
  try {
    const onEvent = (event: MemberEvent): void => {
      if (event.kind === 'started') ({ pid } = event);
    };
    await expect(openSupervisor([[spec]], { logDir: folder, onEvent })).rejects.toThrow('ended (exit code 3)');
  } finally {
    foreign.closeAllConnections();
    foreign.close();
  }
});

test('of two starts at once after a killed one, one gets the folder', async () => {
  const file = join(folder, 'run.json');
  const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  try {
    const recorded = await claimRun(file);
    await expect.poll(() => identify(left.pid as number)?.executable).toBe(process.execPath);
    recorded.memberStarted('redis', left.pid as number);
    writeFileSync(file, JSON.stringify({ ...readRun(file), startTicks: 1 }));
    const results = await Promise.allSettled([claimRun(file), claimRun(file)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(readRun(file)).toMatchObject({ pid: process.pid, members: [] });
  } finally {
    left.kill('SIGKILL');
  }
});

test('a second start on the same folder is refused while the first one lives', async () => {
  const file = join(folder, 'run.json');
  const run = await claimRun(file);
  await expect(claimRun(file)).rejects.toThrow(`already running as pid ${process.pid}`);
  run.remove();
  expect(existsSync(file)).toBe(false);
});

test('what a dead start left behind is stopped by the next one, and nothing else is', async () => {
  const file = join(folder, 'run.json');
  const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const innocent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 999)'], { stdio: 'ignore' });
  try {
    const recorded = await claimRun(file);
    await expect.poll(() => identify(left.pid as number)?.executable).toBe(process.execPath);
    recorded.memberStarted('kafka', left.pid as number);
    const { members, ...self } = readRun(file) as NonNullable<ReturnType<typeof readRun>>;
    // The start is dead: its pid belongs to a younger process now, and so does that of one of its members.
    const reused = { ...identify(innocent.pid as number), name: 'redis', startTicks: 1 };
    writeFileSync(file, JSON.stringify({ ...self, startTicks: 1, members: [...members, reused] }));
    const survivors: string[] = [];
    const run = await claimRun(file, ({ name }) => survivors.push(name));
    expect(survivors).toEqual(['kafka']);
    expect(members[0] && isStillRunning(members[0])).toBe(false);
    expect(identify(innocent.pid as number)).toBeDefined();
    expect(readRun(file)).toMatchObject({ pid: process.pid, members: [] });
    run.remove();
    expect(await stopRun(file)).toBe(false);
  } finally {
    left.kill('SIGKILL');
    innocent.kill('SIGKILL');
  }
});

test('secrets are made once, readable by their owner only, and the environment goes before them', () => {
  const file = join(folder, 'secrets.json');
  const made = loadSecrets(file, {});
  expect(made.operatorToken).toMatch(/^[0-9a-f]{32}$/);
  expect(made.hashKey).toMatch(/^[0-9a-f]{32}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(made.clickhousePassword).toMatch(/^[0-9a-f]{32}$/);
  expect(loadSecrets(file, { TIDEMARK_HASH_KEY: 'a'.repeat(32) })).toEqual({ ...made, hashKey: 'a'.repeat(32) });
});

test('an empty variable is no secret', () => {
  const file = join(folder, 'secrets.json');
  const made = loadSecrets(file, { TIDEMARK_OPERATOR_TOKEN: '', TIDEMARK_HASH_KEY: '' });
  expect(made.operatorToken).toMatch(/^[0-9a-f]{32}$/);
  expect(made.hashKey).toMatch(/^[0-9a-f]{32}$/);
});

test('secrets of before there was a ClickHouse password keep what they hold and get one, once', () => {
  const file = join(folder, 'secrets.json');
  const old = { operatorToken: 'operator', hashKey: 'b'.repeat(32) };
  writeFileSync(file, JSON.stringify(old));
  const completed = loadSecrets(file, {});
  expect(completed).toMatchObject(old);
  expect(completed.clickhousePassword).toMatch(/^[0-9a-f]{32}$/);
  expect(loadSecrets(file, {})).toEqual(completed);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
