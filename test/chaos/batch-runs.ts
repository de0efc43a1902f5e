// Batch runs on demand, beside those by schedule, and how each published run was audited.
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouse } from '../../runtime/clickhouse.ts';
import { tables } from '../../schemas/layout-clickhouse.ts';
import type { World } from './world.ts';

interface RunAnswer {
  readonly covered: boolean;
  readonly run: string;
  readonly audit: { readonly state: string; readonly note: string };
}

interface PublishedRun {
  readonly run: string;
  readonly audit: string;
  readonly auditNote: string;
}

export interface BatchRuns {
  /** Undefined where there was no good answer. */
  ask(cover?: string): Promise<RunAnswer | undefined>;
  /** By id. */
  readonly published: ReadonlyMap<string, PublishedRun>;
  /** Asks for runs now and then and follows what is published, until the signal. */
  follow(signal: AbortSignal): Promise<void>;
  look(): Promise<void>;
}

const everyMs = 4_000;

export function createBatchRuns(world: World, clickhouse: ClickHouse): BatchRuns {
  const published = new Map<string, PublishedRun>();

  async function look(): Promise<void> {
    const rows = await clickhouse
      .query<PublishedRun>(`SELECT run, audit, auditNote FROM ${tables.batchRuns}`, {}, { timeoutMs: 5_000 })
      .catch(() => []);
    for (const row of rows) published.set(row.run, row);
  }

  async function ask(cover?: string): Promise<RunAnswer | undefined> {
    try {
      const response = await fetch(`${world.servingUrl}/v1/batch-runs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${world.operatorToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(cover === undefined ? {} : { cover }),
        signal: AbortSignal.timeout(60_000),
      });
      return response.ok ? ((await response.json()) as RunAnswer) : undefined;
    } catch {
      return undefined;
    }
  }

  return {
    ask,
    published,
    look,
    async follow(signal) {
      while (!signal.aborted) {
        await Promise.race([ask(), delay(everyMs)]);
        await look();
        await delay(everyMs, undefined, { signal }).catch(() => {});
      }
    },
  };
}
