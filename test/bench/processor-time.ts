// Processor seconds of processes, from /proc (Linux).
import { readFileSync } from 'node:fs';

/** Of USER_HZ, which is 100 wherever Node runs on Linux. */
const ticksPerSecond = 100;

/** What was used so far, by name. */
export function processorSeconds(processes: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...processes].map(([name, pid]) => [name, secondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))]));
}

/** User and system time of a line of /proc/PID/stat; the command in brackets may hold anything. */
export function secondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
