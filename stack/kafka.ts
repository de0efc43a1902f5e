// The local stack's Kafka: Apache Kafka itself, one node that is broker and controller (KRaft), on loopback, from the
// jars that stack/setup.mjs fetched. Data is kept for ever and survives kill -9.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kafkaServes } from './kafka-probe.ts';
import type { MemberSpec } from './member.ts';

export interface KafkaOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly logFile: string;
  readonly toolsDir: string;
}

export const KAFKA_FOLDER = 'kafka-4.3.1';

/** Formats the data folder on its first use (0.6 s). */
export async function kafkaSpec(options: KafkaOptions): Promise<MemberSpec> {
  const { dataDir, port, logFile, toolsDir } = options;
  const jars = join(toolsDir, KAFKA_FOLDER);
  if (!existsSync(jars))
    throw new Error(`Kafka's jars are not in ${jars}; run \`npm start\` or \`npm test\`, which fetch them`);
  mkdirSync(dataDir, { recursive: true });
  const configFile = join(dataDir, 'server.properties');
  writeFileSync(configFile, serverProperties(options));
  const java = process.env['JAVA_HOME'] === undefined ? 'java' : join(process.env['JAVA_HOME'], 'bin/java');
  const jvm = ['-cp', join(jars, '*'), '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'];
  const logging = ['defaultLogLevel=warn', 'showDateTime=true', 'dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS'].map(
    (setting) => `-Dorg.slf4j.simpleLogger.${setting}`,
  );
  if (!existsSync(join(dataDir, 'log', 'meta.properties'))) {
    await format(java, [...jvm, ...logging], configFile);
  }
  return {
    name: 'kafka',
    logFile,
    command: java,
    args: [...jvm, ...logging, '-Xms256m', '-Xmx512m', 'kafka.Kafka', configFile],
    answers: (signal) => kafkaServes(port, signal),
    readyWithinMs: 60_000,
    stopWithinMs: 15_000,
  };
}

function serverProperties({ dataDir, port, controllerPort }: KafkaOptions): string {
  return `# Written by stack/kafka.ts at each start; changes are lost.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${join(dataDir, 'log')}
auto.create.topics.enable=false
log.retention.hours=-1
group.initial.rebalance.delay.ms=0
# After kill -9 the new process must wait until the old one's session has ended.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# One node: every internal topic has one copy, and few partitions so that they are made at once.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# The cleaner's default buffer is a quarter of this small heap.
log.cleaner.dedupe.buffer.size=16777216
`;
}

async function format(java: string, jvm: readonly string[], configFile: string): Promise<void> {
  // A first byte of 0 keeps the text from beginning with '-', which the tool would take for an option.
  const clusterId = Buffer.from([0, ...randomBytes(15)]).toString('base64url');
  const args = [...jvm, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', configFile];
  try {
    await promisify(execFile)(java, args, { timeout: 60_000 });
  } catch (cause) {
    const { stderr, message } = cause as { stderr?: string; message: string };
    throw new Error(`Kafka's data folder could not be formatted: ${stderr?.trim() || message}`, { cause });
  }
}
