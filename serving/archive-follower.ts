// Reads what ClickHouse knows of the archived log, of dead letters and of the last runs, every five seconds. Away: the last reading stays, and
// the notes say from when it is.
import { notes } from '../api/notes.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ArchivedLog, ArchiveReader, DeadLetters } from './archive-reader.ts';
import { startPolling } from './polling.ts';
import type { RunSummary } from './run-history.ts';

export interface ArchiveFollower extends AsyncDisposable {
  /** undefined before the first reading. */
  archivedLog(): ArchivedLog | undefined;
  /** undefined before the first reading. */
  deadLetters(): DeadLetters | undefined;
  /** The last 50, newest first. */
  runs(): readonly RunSummary[];
  /** A run may have been published. */
  look(): void;
  notes(): string[];
}

export interface ArchiveFollowerDependencies {
  readonly reader: ArchiveReader;
  readonly log: Logger;
  readonly clock: () => number;
}

export function startArchiveFollower(dependencies: ArchiveFollowerDependencies): ArchiveFollower {
  const { reader, log, clock } = dependencies;
  let archivedLog: ArchivedLog | undefined;
  let deadLetters: DeadLetters | undefined;
  let runs: RunSummary[] = [];
  let awaySince: number | undefined = clock();

  const polling = startPolling({
    everyMs: 5_000,
    async look() {
      [archivedLog, deadLetters, runs] = await Promise.all([reader.log(), reader.deadLetters(), reader.runs()]);
      awaySince = undefined;
    },
    onFault(err) {
      if (awaySince === undefined) log.warn({ err }, 'dead letters and runs cannot be read');
      awaySince ??= clock();
    },
  });

  return {
    archivedLog: () => archivedLog,
    deadLetters: () => deadLetters,
    runs: () => runs,
    look: () => polling.soon(),
    notes: () => (awaySince === undefined ? [] : [notes.archiveUnread(awaySince)]),
    [Symbol.asyncDispose]: () => polling[Symbol.asyncDispose](),
  };
}
