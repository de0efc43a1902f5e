// `tidemark up` and `tidemark down`: everything on this machine, supervised by this process.
import { once } from 'node:events';
import { join } from 'node:path';
import { stopRun } from '../stack/run-file.ts';
import { describeEvent, openTidemark } from '../stack/up.ts';
import { type CliIo, dataFolder } from './io.ts';

export async function runUp(io: CliIo, { fresh = false }: { readonly fresh?: boolean }): Promise<void> {
  const { env, signal } = io;
  const dataDir = dataFolder(env);
  await using tidemark = await openTidemark({
    dataDir,
    env,
    fresh,
    signal,
    onEvent(event) {
      const line = describeEvent(event);
      if (line !== undefined) io.err(line);
    },
  });
  io.err(
    `API ${tidemark.urls.serving} · events to ${tidemark.urls.ingest}/v1/events · logs in ${join(dataDir, 'logs')}`,
  );
  io.err('Ctrl-C or `tidemark down` stops it; data stays');
  if (!signal.aborted) await once(signal, 'abort');
  io.err('stopping');
}

export async function runDown(io: CliIo): Promise<void> {
  const dataDir = dataFolder(io.env);
  const stopped = await stopRun(join(dataDir, 'run.json'), ({ name, pid }) =>
    io.err(`${name} (pid ${pid}) was left over, stopping it`),
  );
  io.err(stopped ? 'stopped; data stays' : `nothing runs on ${dataDir}`);
}
