// What stands below the axis of a chart: a text where a window begins something, '' elsewhere. Pure.
import { localParts, monthNames } from './format.ts';
import type { WindowName } from '../../api/query-names.ts';

export function tickTexts(starts: readonly string[], window: WindowName): string[] {
  return starts.map((iso) => tickText(iso, window, starts.length));
}

function tickText(iso: string, window: WindowName, count: number): string {
  const { year, month, day, hour, minute } = localParts(iso);
  const date = `${day} ${monthNames[month - 1]}`;
  switch (window) {
    case 'minute':
      return minute % (count <= 120 ? 10 : 60) === 0 ? iso.slice(11, 16) : '';
    case '15m':
      return minute === 0 && (count <= 100 ? hour % 3 === 0 : hour === 0) ? iso.slice(11, 16) : '';
    case 'hour':
      if (count <= 48) return hour % 3 === 0 ? iso.slice(11, 16) : '';
      return hour === 0 ? date : '';
    case 'day':
      return count <= 31 || day === 1 || day === 15 ? date : '';
    case 'week':
      return date;
    case 'month':
      return month === 1 || count <= 18 ? `${monthNames[month - 1]}${month === 1 ? ` ${year}` : ''}` : '';
    case 'year':
      return String(year);
    default:
      return window satisfies never;
  }
}
