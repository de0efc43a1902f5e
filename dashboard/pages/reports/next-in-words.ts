// When a report is due next, in the zone of its schedule; where that has no plain words, the times after it as well.
import { dateTime } from '../../data/format.ts';
import type { Report } from '../../data/reports.ts';
import { scheduleWords } from '../../data/schedule.ts';

export function nextInWords({ schedule, nextAt, thenAt, tz }: Report): string {
  if (schedule === null || nextAt === null) return 'on demand only';
  const times = [nextAt, ...(scheduleWords(schedule) ? [] : thenAt)];
  return `next ${times.map((at) => dateTime(Date.parse(at), tz, 'short')).join('; ')}, ${tz}`;
}
