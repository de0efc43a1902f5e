// What serving's notes (api/notes.ts) mean and what to do, as docs/operations.md has it. Pure.
export interface Finding {
  /**
   * As the strip above the pages judges. bad: numbers are missing, behind or not to be relied on. act: the numbers are true,
   * and somebody must look. note: it passes by itself.
   */
  readonly level: 'bad' | 'act' | 'note';
  /** The live part stands still: by this, or it is seen by this. */
  readonly still?: 'cause' | 'effect' | undefined;
  readonly what: string;
  /** As serving says it, with offsets and times. */
  readonly details: readonly string[];
  readonly act: string;
}

interface Rule extends Omit<Finding, 'details'> {
  readonly matches: RegExp;
}

/** Also where a partition is seen to stand still before a note tells it. */
export const lookAtSpeed =
  'The speed layer is away, stopped or slower than what comes in: look at its `/readyz` (port 8082 by default) and its log. The next batch run counts the records all the same.';

export const rules: readonly Rule[] = [
  {
    matches: /^partition \d+: the log (was cut|ends) at/,
    level: 'bad',
    what: 'Kafka lost records that were counted',
    act: 'Bring the old log back (a replica, a backup) and restart the layers; else begin anew with another `TIDEMARK_TOPIC`. What was counted stays counted.',
  },
  {
    matches: /left the log before they were counted/,
    level: 'bad',
    what: 'Records expired before they were counted',
    act: 'Restore them, or begin anew with another `TIDEMARK_TOPIC`. Give the topic more retention than the longest outage.',
  },
  {
    matches: /left the log before they were live/,
    level: 'note',
    what: 'Records expired before they were live; the archive has them',
    act: 'Nothing: the next batch run counts them and the live counters go on from it.',
  },
  {
    matches: /waits? behind a transaction/,
    level: 'act',
    still: 'cause',
    what: 'Records wait behind an open transaction',
    act: 'Usually it ends by itself. If not: `kafka-transactions.sh find-hanging`, then `kafka-transactions.sh abort`.',
  },
  {
    matches: /^lag unknown since .* topic .* was made anew/,
    level: 'bad',
    what: 'The topic was deleted and made anew',
    act: 'Bring the old topic back, or begin anew with another `TIDEMARK_TOPIC`. Until then ingest takes nothing.',
  },
  {
    matches: /^lag unknown since/,
    level: 'bad',
    what: 'Kafka cannot be read: how far behind the numbers are is unknown',
    act: 'Look at Kafka. Here nothing is to be done: ingest answers 503, readers go on when it is back.',
  },
  {
    matches: /^live part stale since/,
    level: 'act',
    still: 'cause',
    what: 'Redis is away or read again: the live part stands still',
    act: 'If this stays, look at Redis. No order is lost: batch runs go on, and a wiped Redis is filled again by itself.',
  },
  {
    matches: /^live part stands still/,
    level: 'act',
    still: 'cause',
    what: 'The live part is full and stands still',
    act: 'It goes on with the next batch run. If this stays, look at `/readyz` of the batch layer (port 8083 by default) and its log.',
  },
  {
    matches: /live epoch .* is not whole/,
    level: 'act',
    what: 'Live counters in Redis are damaged and not used',
    act: 'The speed layer counts them again from the tidemark by itself. If this stays, look at its `/readyz` (port 8082 by default) and its log.',
  },
  {
    matches: /ClickHouse cannot be read/,
    level: 'act',
    what: 'ClickHouse cannot be read',
    act: 'Look at ClickHouse. Answers stand on what was read before; orders wait in Kafka.',
  },
  {
    matches: /^ClickHouse was set back/,
    level: 'act',
    what: 'ClickHouse was set back to an older state',
    act: 'Views and runs are made again by themselves. If this stays, read the log of the batch layer.',
  },
  {
    matches: /^run \S+ is not used: /,
    level: 'act',
    what: 'The newest batch run has lost rows and is not used',
    act: 'Views and runs are made again by themselves. If this stays, read the log of the batch layer.',
  },
  {
    matches: /^run \S+ is not used yet/,
    level: 'note',
    what: 'The newest batch run waits until the live counters have come as far',
    act: 'Usually that takes a second. If this stays, look at `/readyz` of the speed layer (port 8082 by default).',
  },
  {
    matches: /of the log (is|are) not counted yet/,
    level: 'bad',
    still: 'effect',
    what: 'The live numbers are behind the log',
    act: lookAtSpeed,
  },
  {
    matches: /late records? waits? for the next batch run/,
    level: 'note',
    what: 'Late records are not in the numbers yet',
    act: 'Nothing: the next run counts them.',
  },
  {
    // The exact numbers stand: the strip says the same.
    matches: /^run \S+ differs from what was live/,
    level: 'act',
    what: 'The last audit found a difference: live numbers were wrong',
    act: 'The exact numbers stand. Keep the evidence, and look what Redis went through (a restore, an eviction); if nothing, it is a defect to report.',
  },
  {
    matches: /the ledger accounts for/,
    level: 'bad',
    what: 'The ledger does not account for every offset',
    act: 'Do not rely on the numbers of that partition. Look at the ledger below and at the logs of speed and batch layer.',
  },
];

const unknown: Rule = {
  matches: /./,
  level: 'act',
  what: 'Serving has something to say',
  act: 'See docs/operations.md.',
};

/** One finding for all notes that mean the same. */
export function adviceOn(notes: readonly string[]): Finding[] {
  const ruleOf = (note: string) => rules.find(({ matches }) => matches.test(note)) ?? unknown;
  return [...Map.groupBy(notes, ruleOf)].map(([{ level, still, what, act }, details]) => ({
    level,
    still,
    what,
    details,
    act,
  }));
}
