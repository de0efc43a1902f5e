// The local stack's ClickHouse: the engine from npm behind its HTTP interface, as a child process on loopback.
import { mkdirSync } from 'node:fs';
import type { MemberSpec } from './member.ts';

export interface ClickHouseOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly logFile: string;
  /** Of the user `default`; absent or empty: none is asked for. */
  readonly password?: string | undefined;
}

const SESSIONS = 4;

export function clickHouseSpec({ dataDir, port, logFile, password = '' }: ClickHouseOptions): MemberSpec {
  mkdirSync(dataDir, { recursive: true });
  const front = new URL('clickhouse-front.ts', import.meta.url).pathname;
  return {
    name: 'clickhouse',
    logFile,
    command: process.execPath,
    args: [front, '--port', String(port), '--data', dataDir, '--sessions', String(SESSIONS)],
    // Each running query holds one thread of Node's pool; files and compression need some beside them.
    // The password is no argument: every user of the machine can read those.
    env: { ...process.env, UV_THREADPOOL_SIZE: String(SESSIONS + 4), TIDEMARK_CLICKHOUSE_PASSWORD: password },
    answers: async (signal) => {
      const response = await fetch(`http://127.0.0.1:${port}/?query=SELECT%201`, {
        headers: { 'x-clickhouse-user': 'default', 'x-clickhouse-key': password },
        signal,
      });
      return (await response.text()).trim() === '1';
    },
    readyWithinMs: 60_000,
    stopWithinMs: 10_000,
  };
}
