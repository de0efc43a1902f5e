// Looks at the log in Kafka once a second: its ends, for a dead speed layer must not look like a quiet shop, and whether it
// is still the log that is counted. Kafka away: the lag is unknown, and the notes say so.
import { notes } from '../api/notes.ts';
import { topicMadeAnew } from '../runtime/archived-topic.ts';
import { KafkaError } from '../runtime/kafka/errors.ts';
import type { LogPosition, RecordLog } from '../runtime/kafka/record-log.ts';
import type { Logger } from '../runtime/logger.ts';
import type { OffsetVector } from '../schemas/offset-vector.ts';
import { type Counted, findLogFaults, type LogFaults } from './log-faults.ts';
import { createLogLag, type Lag } from './log-lag.ts';
import { startPolling } from './polling.ts';

type LogEnds = Pick<RecordLog, 'ranges' | 'findCuts' | 'topicId' | 'close'>;

export interface LogEndFollower extends AsyncDisposable {
  /** What waits behind an open transaction is included: it is not counted yet. */
  ends(): OffsetVector | undefined;
  /** undefined while it is unknown. */
  lagOf(vector: OffsetVector): Lag | undefined;
  notes(): string[];
}

export interface LogEndFollowerDependencies {
  /** Asked again until it succeeds: Kafka may come later than serving. */
  readonly openLog: () => Promise<LogEnds>;
  /** Every offset below these was read from the log. */
  readonly counted: () => Counted;
  readonly topic: string;
  readonly log: Logger;
  readonly clock: () => number;
}

/** The same, again and again, until someone acts: said in the notes instead of "cannot be read". */
const lasting: readonly string[] = ['topic-replaced', 'unknown-topic'];

/** A reading can hang as long as a request may: what was read before is no news any more. */
const oldAfterMs = 5_000;

export function startLogEndFollower({
  openLog,
  counted,
  topic,
  log,
  clock,
}: LogEndFollowerDependencies): LogEndFollower {
  const lag = createLogLag();
  let recordLog: LogEnds | undefined;
  let awaySince: number | undefined = clock();
  let readAt = clock();
  let why = "the log's ends cannot be read from Kafka";
  let faults: LogFaults = { incomparable: false, notes: [] };

  async function look(): Promise<void> {
    recordLog ??= await openLog();
    // Before the ends: what is counted lay in the log, so a log that ends below it has lost records since.
    const before = counted();
    const expected = before.archived?.topicId;
    if (expected !== undefined && expected !== recordLog.topicId())
      throw topicMadeAnew(topic, recordLog.topicId(), expected);
    // As old as its question: a process that stood still meanwhile must not take it for new.
    const askedAt = clock();
    const ranges = await recordLog.ranges();
    const positions = [before.live, before.archived?.positions ?? []];
    const cuts = await Promise.all(positions.map((each) => recordLog!.findCuts(byPartition(each))));
    faults = findLogFaults(before, { ranges, cuts });
    lag.read(
      ranges.map(({ highWatermark }) => highWatermark),
      askedAt,
    );
    awaySince = undefined;
    readAt = askedAt;
  }

  const polling = startPolling({
    everyMs: 1_000,
    look,
    onFault(err) {
      if (awaySince === undefined) log.warn({ err }, "the log's ends cannot be read");
      awaySince ??= clock();
      why =
        err instanceof KafkaError && lasting.includes(err.code)
          ? err.message
          : "the log's ends cannot be read from Kafka";
    },
  });
  const known = () => awaySince === undefined && clock() - readAt <= oldAfterMs;
  return {
    ends: () => (known() ? lag.ends() : undefined),
    lagOf: (vector) => (known() && !faults.incomparable ? lag.of(vector, clock()) : undefined),
    // What was found stays true while Kafka is away.
    notes: () => [...(known() ? [] : [notes.lagUnknown(awaySince ?? readAt, why)]), ...faults.notes],
    async [Symbol.asyncDispose]() {
      await polling[Symbol.asyncDispose]();
      await recordLog?.close();
    },
  };
}

function byPartition(positions: readonly (LogPosition | undefined)[]): Map<number, LogPosition> {
  return new Map([...positions.entries()].flatMap(([p, position]) => (position ? [[p, position]] : [])));
}
