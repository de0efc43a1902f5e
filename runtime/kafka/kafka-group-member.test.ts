import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import type { GroupMember } from './group-member.ts';
import { joinGroup } from './kafka-group-member.ts';
import { createTestTopic, type TestTopic } from './test-topic.ts';

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 20 });
const ALL = [0, 1, 2, 3, 4, 5];
const sessionTimeoutMs = 6_000;

async function join(topic: TestTopic, groupId: string) {
  const assignments: number[][] = [];
  const member = await joinGroup({
    brokers: topic.brokers,
    clientId: 'test',
    groupId,
    topic: topic.topic,
    sessionTimeoutMs,
    onAssignment: (partitions) => void assignments.push([...partitions].toSorted((a, b) => a - b)),
  });
  return { member, assignments };
}

const sorted = (member: GroupMember) => [...member.assignment()].toSorted((a, b) => a - b);

function startProcess(topic: TestTopic, groupId: string): ChildProcess {
  const module = JSON.stringify(new URL('./kafka-group-member.ts', import.meta.url).href);
  const options = JSON.stringify({
    brokers: topic.brokers,
    clientId: 'child',
    groupId,
    topic: topic.topic,
    sessionTimeoutMs,
  });
  const code = `import { joinGroup } from ${module};
    await joinGroup({ ...${options}, onAssignment: (set) => console.log(set.size) });`;
  return spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('two members split the partitions; when one leaves the other has all at once', async () => {
  await using topic = await createTestTopic({ partitions: 6 });
  const groupId = randomUUID();
  const first = await join(topic, groupId);
  expect(sorted(first.member)).toEqual(ALL);
  expect(first.assignments).toEqual([ALL]);
  const second = await join(topic, groupId);
  await until(() => expect(first.member.assignment().size).toBe(3));
  expect(second.member.assignment().size).toBe(3);
  expect([...first.member.assignment(), ...second.member.assignment()].toSorted((a, b) => a - b)).toEqual(ALL);
  await second.member.leave();
  await until(() => expect(sorted(first.member)).toEqual(ALL));
  expect(first.assignments.at(-1)).toEqual(ALL);
  const calls = second.assignments.length;
  await first.member.leave();
  expect(second.assignments.length).toBe(calls);
});

test('when a process is killed its partitions go to the other within the session time-out', async () => {
  await using topic = await createTestTopic({ partitions: 6 });
  const groupId = randomUUID();
  const { member } = await join(topic, groupId);
  const child = startProcess(topic, groupId);
  const exited = once(child, 'exit');
  await until(() => expect(member.assignment().size).toBe(3));
  child.kill('SIGKILL');
  await exited;
  const start = performance.now();
  await until(() => expect(sorted(member)).toEqual(ALL));
  expect(performance.now() - start).toBeLessThan(sessionTimeoutMs + 5_000);
  await member.leave();
});

test('commits next offsets for tools to see', async () => {
  await using topic = await createTestTopic({ partitions: 6 });
  const groupId = randomUUID();
  const { member } = await join(topic, groupId);
  await member.commit(new Map([[1, 17]]));
  const [offsets] = await topic.admin.fetchOffsets({ groupId, topics: [topic.topic] });
  expect(offsets?.partitions.find((each) => each.partition === 1)?.offset).toBe('17');
  await member.leave();
});

test('what onAssignment throws is reported and does not end the membership', async () => {
  await using topic = await createTestTopic({ partitions: 6 });
  const troubles: unknown[] = [];
  const member = await joinGroup({
    brokers: topic.brokers,
    clientId: 'test',
    groupId: randomUUID(),
    topic: topic.topic,
    onAssignment: () => Promise.reject(new Error('caller')),
    onTrouble: (error) => troubles.push(error),
  });
  expect(troubles).toMatchObject([{ code: 'group-failed', data: { operation: 'assignment' } }]);
  expect(sorted(member)).toEqual(ALL);
  await member.leave();
});

test('a group that cannot be joined fails by name within its time', async () => {
  const joining = joinGroup({
    brokers: ['127.0.0.1:1'],
    clientId: 'test',
    groupId: 'g',
    topic: 't',
    joinTimeoutMs: 500,
    onAssignment: () => expect.unreachable(),
  });
  await expect(joining).rejects.toMatchObject({ code: 'group-failed', data: { operation: 'join' } });
});
