// `npm start`: everything up, the real orders in (once), a batch run that covers them, the totals, then a live shop.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describeEvent, openTidemark, type Tidemark, type TidemarkOptions } from '../stack/up.ts';
import { type Api, type BatchRunAnswer, createApi } from './api.ts';
import { notCovered } from './batch-command.ts';
import { CliError, exitCodes } from './errors.ts';
import type { OutgoingEvent } from './event-input.ts';
import { countingLine, readTotals } from './first-numbers.ts';
import { sendWithProgress } from './import-command.ts';
import { readImported, writeImported } from './imported-file.ts';
import { type CliIo, dataFolder } from './io.ts';
import { historyEvents, shopHistory, trickle } from './live-shop.ts';
import { outgoing } from './outgoing.ts';
import { grouped } from './render.ts';
import { createSteps, type Steps } from './steps.ts';
import { readSuperstore, superstoreEvents } from './superstore.ts';

export interface StartOptions {
  readonly live: boolean;
  readonly exit?: boolean;
  readonly fresh?: boolean;
  readonly docker?: boolean;
}

export type Open = (options: TidemarkOptions) => Promise<Pick<Tidemark, 'urls' | 'operatorToken' | 'close'>>;

export async function runStart(io: CliIo, options: StartOptions, open: Open = openTidemark): Promise<void> {
  const { env, signal } = io;
  const { live, exit = false, fresh = false, docker = false } = options;
  const dataDir = dataFolder(env);
  const steps = createSteps(io);
  await using resources = new AsyncDisposableStack();
  const tidemark = await steps.run('start the stores and services', async () => {
    const onEvent: TidemarkOptions['onEvent'] = (event) => {
      const line = describeEvent(event);
      if (line !== undefined) io.err(`  ${line}`);
    };
    return open({ dataDir, env, fresh, docker, signal, onEvent });
  });
  resources.defer(async () => {
    io.err('▸ stop everything, in reverse');
    await tidemark.close();
    io.err('  done; data stays');
  });
  try {
    await firstNumbers(io, tidemark, steps, dataDir, live && !exit);
    if (exit) return;
    await untilStopped(io, tidemark.urls.ingest, live);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function firstNumbers(
  io: CliIo,
  { urls, operatorToken }: Pick<Tidemark, 'urls' | 'operatorToken'>,
  steps: Steps,
  dataDir: string,
  withHistory: boolean,
): Promise<void> {
  const api = createApi({
    servingUrl: urls.serving,
    ingestUrl: urls.ingest,
    operatorToken: () => operatorToken,
    signal: io.signal,
  });
  const log = (service: string) => join(dataDir, 'logs', `${service}.log`);
  const file = join(dataDir, 'state', 'imported.json');
  const { body: found } = await steps.run('ask what is there', () => api.status(), log('serving'));
  let imported = found.totals.records > 0 ? readImported(file, found.generation) : {};

  const send = async (what: string, events: Iterable<OutgoingEvent>, total: number): Promise<string> => {
    const { token, rejectedCount, rejected } = await sendWithProgress(io, api.ingestUrl, what, events, total);
    if (token !== undefined && rejectedCount === 0) return token;
    throw new CliError(`${grouped(rejectedCount)} events were rejected: ${rejected[0]?.message}`, exitCodes.fault);
  };
  const superstore =
    imported.superstore ??
    (await steps.run(
      `import the real orders (${grouped(superstoreEvents)} events)`,
      async () => {
        await clearOfTheMinute(io);
        return send('real orders', outgoing(readSuperstore()), superstoreEvents);
      },
      log('ingest'),
    ));
  imported = { ...imported, superstore };
  writeImported(file, imported);

  const before = await steps.run(
    'wait until the speed layer has seen them',
    async () => {
      await untilSeen(api, superstore);
      return (await api.status()).body.totals;
    },
    log('speed-layer'),
  );
  const run = await steps.run('batch run that covers them', () => cover(api, superstore), log('batch-layer'));
  const totals = await steps.run('ask for the totals', () => readTotals(api, run.token ?? superstore), log('serving'));
  io.out(`\nThe real orders, 2014 to 2018:\n${totals}\n${countingLine(before, run)}\n`);

  if (withHistory && imported.history === undefined) {
    const history = await steps.run(
      'send the last 8 days of the live shop, and count them',
      async () => {
        const token = await send('history', shopHistory(io.now()), historyEvents);
        await cover(api, token);
        return token;
      },
      log('ingest'),
    );
    writeImported(file, { ...imported, history });
  }
  io.err(steps.timings());
  io.out(whatNext(urls));
}

/** The server waits, bounded; a few times over, because a start finds cold stores. */
async function untilSeen(api: Api, token: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await api.query({ measures: ['orders'], atLeast: token });
      return;
    } catch (error) {
      const unavailable = error instanceof CliError && error.exitCode === exitCodes.unavailable;
      if (!unavailable || attempt === 5) throw error;
    }
  }
}

/** As untilSeen, for batch. */
async function cover(api: Api, token: string): Promise<BatchRunAnswer> {
  for (let attempt = 1; ; attempt++) {
    const { body: run } = await api.runBatch(token);
    if (run.covered) return run;
    if (attempt === 5) throw notCovered(run);
  }
}

/** The scheduled run comes at each full minute; kept clear of, so that before and after the run can be shown. */
async function clearOfTheMinute(io: CliIo): Promise<void> {
  const leftMs = 60_000 - (io.now() % 60_000);
  if (leftMs > 6_000) return;
  io.err('  the scheduled batch run is near: waiting for it');
  await delay(leftMs + 1_500, undefined, { signal: io.signal });
}

async function untilStopped(io: CliIo, ingestUrl: string, live: boolean): Promise<void> {
  if (live) {
    io.err('a live shop trickles in, an event every one or two seconds');
    const onTrouble = (why: string): void => io.err(`live shop: ${why}; it goes on when it can`);
    await trickle({ ingestUrl, signal: io.signal, startMs: io.now(), onTrouble });
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  io.signal.addEventListener('abort', () => resolve(), { once: true });
  if (!io.signal.aborted) await promise;
}

function whatNext(urls: Tidemark['urls']): string {
  return [
    `API     ${urls.serving}/v1/query   events go to ${urls.ingest}/v1/events`,
    'stop    Ctrl-C, or `npx tidemark down`; data stays in .tidemark/, `npm start -- --fresh` begins anew',
    'try     npx tidemark query --measures orders,grossMinor --by store --from 2014-01-01 --to 2018-01-01',
    '        npx tidemark query --measures orders,netMinor --by currency --window month --from 2017-01-01 --to 2018-01-01',
    '        npx tidemark status',
  ].join('\n');
}
