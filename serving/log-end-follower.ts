// Reads the log's ends from Kafka once a second: a dead speed layer must not look like a quiet shop. Kafka away: the lag
// is unknown, and the notes say so.
import type { RecordLog } from '../runtime/kafka/record-log.ts';
import type { Logger } from '../runtime/logger.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import { createLogLag, type Lag } from './log-lag.ts';
import { startPolling } from './polling.ts';

export interface LogEndFollower extends AsyncDisposable {
  ends(): OffsetVector | undefined;
  /** undefined while it is unknown. */
  lagOf(vector: OffsetVector): Lag | undefined;
  notes(): string[];
}

export interface LogEndFollowerDependencies {
  /** Asked again until it succeeds: Kafka may come later than serving. */
  readonly openLog: () => Promise<Pick<RecordLog, 'ranges' | 'close'>>;
  /** W now: every offset below it was read from the log. */
  readonly vector: () => OffsetVector | undefined;
  readonly log: Logger;
  readonly clock: () => number;
}

export function startLogEndFollower({ openLog, vector, log, clock }: LogEndFollowerDependencies): LogEndFollower {
  const lag = createLogLag();
  let recordLog: Pick<RecordLog, 'ranges' | 'close'> | undefined;
  let awaySince: number | undefined = clock();
  let shrunk: string[] = [];
  const polling = startPolling({
    everyMs: 1_000,
    async look() {
      recordLog ??= await openLog();
      // W before the ends: it lay in the log, so a log that ends below it has lost records since.
      const counted = vector() ?? [];
      const ranges = await recordLog.ranges();
      shrunk = counted.flatMap((w, p) => {
        const end = ranges[p]?.end ?? 0;
        return end < w
          ? [`partition ${p}: the log ends at ${end}, below ${w} that is counted: it lost records or was made anew`]
          : [];
      });
      lag.read(
        ranges.map(({ end }) => end),
        clock(),
      );
      awaySince = undefined;
    },
    onFault(err) {
      if (awaySince === undefined) log.warn({ err }, "the log's ends cannot be read");
      awaySince ??= clock();
    },
  });
  const known = () => awaySince === undefined;
  return {
    ends: () => (known() ? lag.ends() : undefined),
    lagOf: (vector) => (known() && shrunk.length === 0 ? lag.of(vector, clock()) : undefined),
    notes: () =>
      known()
        ? shrunk
        : [`lag unknown since ${new Date(awaySince!).toISOString()}: the log's ends cannot be read from Kafka`],
    async [Symbol.asyncDispose]() {
      await polling[Symbol.asyncDispose]();
      await recordLog?.close();
    },
  };
}
