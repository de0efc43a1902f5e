// Run ids: 12 hex digits of milliseconds, '-', 8 hex digits of chance. Compared as text.

/** The id of an attempt that follows `parent` ('' for none): max(clock, parent + 1), plus random bits. */
export function createRunId(parent: string, nowMs: number, randomBits: number): string {
  const after = parent === '' ? 0 : Number.parseInt(parent.slice(0, 12), 16) + 1;
  const ms = Math.max(nowMs, after).toString(16).padStart(12, '0');
  return `${ms}-${(randomBits >>> 0).toString(16).padStart(8, '0')}`;
}

/** No run that began at `ms` or later has a smaller id than this. */
export function oldestRunId(ms: number): string {
  return `${Math.max(0, ms).toString(16).padStart(12, '0')}-00000000`;
}
