// Why a position cannot be read on from, in words and with a code. Nothing is skipped: the partition stops there.
import { KafkaError } from './errors.ts';
import type { OffsetLost } from './record-log.ts';

/** `log-cut`, `log-short` or `log-expired`. */
export function describeLost({ partition, wanted, logStart, end, cutAt }: OffsetLost): KafkaError {
  const fault = (code: 'log-cut' | 'log-short' | 'log-expired', what: string) =>
    new KafkaError(code, what, { partition, offset: wanted }, { retryable: false });
  if (cutAt !== undefined) {
    const what = `the log was cut at ${cutAt}: ${offsets(cutAt, wanted)} were other records when they were read`;
    return fault('log-cut', `${what}; now it ends at ${end}`);
  }
  if (wanted < logStart)
    return fault('log-expired', `${offsets(wanted, logStart)} left the log before they were read (retention)`);
  return fault('log-short', `the log ends at ${end}: ${offsets(end, wanted)} that were read are lost`);
}

/** [from, to) in words. */
export function offsets(from: number, to: number): string {
  return to - from === 1 ? `offset ${from}` : `offsets ${from} to ${to - 1}`;
}
