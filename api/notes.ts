// What serving says beside its numbers where something is not as it should be: every note there is. In one place, because
// the dashboard knows by the words what to advise (dashboard/data/advice.ts). Pure.
const at = (ms: number): string => new Date(ms).toISOString();
const of = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

export const notes = {
  // Of the live part.
  liveStale: (sinceMs: number) => `live part stale since ${at(sinceMs)}: Redis is away or being read again`,
  liveFull: (cells: number, most: number) =>
    `live part stands still: ${cells} cells since the tidemark, at most ${most} are kept; it goes on with the next batch run`,
  epochNotWhole: (p: number, from: number, to: number) =>
    `partition ${p}: live epoch ${from} to ${to} is not whole and not used`,
  // Of the log.
  lagUnknown: (sinceMs: number, why: string) => `lag unknown since ${at(sinceMs)}: ${why}`,
  logCut: (p: number, cutAt: number, offsets: string, end: number) =>
    `partition ${p}: the log was cut at ${cutAt}: ${offsets} were other records when they were read; now it ends at ${end}`,
  logShort: (p: number, end: number, counted: number, offsets: string) =>
    `partition ${p}: the log ends at ${end}, below ${counted} that is counted: ${offsets} are lost, or the topic was made anew`,
  expiredUncounted: (p: number, offsets: string, records: number) =>
    `partition ${p}: ${offsets} left the log before they were counted (retention): ${of(records, 'record')} ${records === 1 ? 'is' : 'are'} missing for good`,
  expiredNotLive: (p: number, offsets: string) =>
    `partition ${p}: ${offsets} left the log before they were live: the next batch run counts them`,
  openTransaction: (p: number, records: number, offset: number) =>
    `partition ${p}: ${of(records, 'record')} from offset ${offset} on ${records === 1 ? 'waits' : 'wait'} behind a transaction that is open`,
  // Of ClickHouse.
  archiveUnread: (sinceMs: number) => `dead letters and runs unread since ${at(sinceMs)}: ClickHouse cannot be read`,
  runsUnknown: (sinceMs: number) => `runs published since ${at(sinceMs)} are unknown: ClickHouse cannot be read`,
  extentUnknown: () => "the data's extent is unknown: ClickHouse cannot be read",
  setBack: (current: string, used: string | undefined) =>
    `ClickHouse was set back: its current run is ${current}, answers still stand on ${used}`,
  runLacks: (run: string, what: string) => `run ${run} is not used: ${what}`,
  runAhead: (run: string, partitions: readonly number[]) =>
    `run ${run} is not used yet: partitions ${partitions.join(', ')} would go back`,
  // Of an answer.
  behind: (records: number, ms: number) =>
    `${of(records, 'record')} of the log ${records === 1 ? 'is' : 'are'} not counted yet, the oldest for ${Math.round(ms / 1_000)} s`,
  late: (records: number) => `${of(records, 'late record')} ${records === 1 ? 'waits' : 'wait'} for the next batch run`,
  auditDiffers: (run: string, evidence: string) => `run ${run} differs from what was live: ${evidence}`,
  unaccounted: (p: number, sum: number, offsets: number) =>
    `partition ${p}: the ledger accounts for ${sum} of ${offsets} offsets`,
} as const;
