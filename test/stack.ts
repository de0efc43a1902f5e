// The stack that integration tests run on: one given by environment, else Testcontainers where asked for
// (TIDEMARK_TEST_STACK=testcontainers), else the local stack on free ports in a temporary folder.
// All tests share it at the same time: each takes its own topic, Redis key prefix and ClickHouse database.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openLocalStack } from '../stack/local-stack.ts';
import { chooseFreePorts } from '../stack/ports.ts';
import { givenStackUrls, type StackUrls } from '../stack/stack-urls.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackUrls;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { urls, close } = await openStack(process.env);
  project.provide('stack', urls);
  return close;
}

export async function openStack(env: NodeJS.ProcessEnv): Promise<{ urls: StackUrls; close: () => Promise<void> }> {
  const given = givenStackUrls(env);
  if (given !== undefined) return { urls: given, close: async () => {} };
  if (env['TIDEMARK_TEST_STACK'] === 'testcontainers') return openContainers();
  return openTemporaryStack();
}

async function openTemporaryStack(): Promise<{ urls: StackUrls; close: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
  const pids = new Map<string, number>();
  // Ctrl-C, a crash: nothing may be awaited any more, so what still runs is killed and its data removed.
  const abandon = (): void => {
    for (const pid of pids.values()) killIfThere(pid);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', abandon);
  const stack = await openLocalStack({
    dataDir: join(folder, 'data'),
    logDir: join(folder, 'logs'),
    ports: { kafka: 0, redis: 0, clickhouse: 0 },
    onEvent(event) {
      if (event.kind === 'started') pids.set(event.name, event.pid);
      if (event.kind === 'stopped') pids.delete(event.name);
    },
  });
  const { kafkaBrokers, redisUrl, clickhouseUrl } = stack;
  const close = async (): Promise<void> => {
    await stack[Symbol.asyncDispose]();
    process.off('exit', abandon);
    rmSync(folder, { recursive: true, force: true });
  };
  return { urls: { kafkaBrokers, redisUrl, clickhouseUrl }, close };
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Not run where this was written: no Docker engine there. */
async function openContainers(): Promise<{ urls: StackUrls; close: () => Promise<void> }> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const [kafkaPort] = await chooseFreePorts(1);
  const [kafka, redis, clickhouse] = await Promise.all([
    new GenericContainer('apache/kafka:4.3.1')
      .withEnvironment(kafkaEnvironment(kafkaPort as number))
      .withExposedPorts({ container: 9092, host: kafkaPort as number })
      .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
      .start(),
    new GenericContainer('redis:7.0.15').withExposedPorts(6379).start(),
    new GenericContainer('clickhouse/clickhouse-server:26.7')
      .withEnvironment({ CLICKHOUSE_SKIP_USER_SETUP: '1' })
      .withExposedPorts(8123)
      .withWaitStrategy(Wait.forHttp('/ping', 8123))
      .start(),
  ]);
  const urls: StackUrls = {
    kafkaBrokers: `${kafka.getHost()}:${kafkaPort}`,
    redisUrl: `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`,
    clickhouseUrl: `http://${clickhouse.getHost()}:${clickhouse.getMappedPort(8123)}`,
  };
  return { urls, close: async () => void (await Promise.all([kafka.stop(), redis.stop(), clickhouse.stop()])) };
}

function kafkaEnvironment(port: number): Record<string, string> {
  return {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${port}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
  };
}
