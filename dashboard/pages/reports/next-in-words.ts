// When a report is due next, in the zone of its schedule.
import { dateTime } from '../../data/format.ts';
import type { Report } from '../../data/reports.ts';

export function nextInWords({ nextAt, tz }: Report): string {
  return nextAt === null ? 'on demand only' : `next ${dateTime(Date.parse(nextAt), tz, 'short')}, ${tz}`;
}
