// Numbers, amounts and times as a person reads them. Pure; integers stay exact.
import type { Integer } from './answer.ts';

const grouping = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 4 });

/** 7254579312 → 7,254,579,312 */
export function count(value: Integer): string {
  return grouping.format(value).replace('-', '−');
}

/** 1 record, 1,234 records */
export function plural(number: number, word: string): string {
  return `${count(number)} ${word}${number === 1 ? '' : 's'}`;
}

const compacting = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });

/** 1234 → 1.2k: where there is little room. */
export function compact(value: Integer): string {
  return compacting.format(value).replace('-', '−').replace('K', 'k');
}

/** 229720107 of 2 digits → 2,297,201.07; averages, which have decimals, are rounded to the minor unit. */
export function amount(minor: Integer, digits: number): string {
  const whole = typeof minor === 'number' ? BigInt(Math.round(minor)) : minor;
  const text = String(whole < 0n ? -whole : whole).padStart(digits + 1, '0');
  const units = grouping.format(BigInt(text.slice(0, text.length - digits)));
  return `${whole < 0n ? '−' : ''}${units}${digits === 0 ? '' : `.${text.slice(-digits)}`}`;
}

/** Minor digits where an answer does not tell them (a currency that came after its beginning). */
export function minorDigits(currencies: Readonly<Record<string, number>>, currency: string): number {
  if (Object.hasOwn(currencies, currency)) return currencies[currency]!;
  // An address can name anything; the server refuses what is no currency.
  if (!/^[A-Z]{3}$/.test(currency)) return 2;
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

const oneDecimal = new Intl.NumberFormat('en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** 0.1234 → +12.3 %, 0.0001 → 0.0 % */
export function change(share: number): string {
  const number = oneDecimal.format(Math.abs(share * 100));
  return `${number === '0.0' ? '' : share < 0 ? '−' : '+'}${number} %`;
}

/** Where there is no share to tell: of nothing there is none. */
export function changeFromNothing(now: Integer | null, past: Integer | null | undefined): string {
  if (now === null) return '';
  return now === past ? 'same' : 'none then';
}

export function share(part: number): string {
  const percent = part * 100;
  return percent > 0 && percent < 0.1 ? '< 0.1 %' : `${oneDecimal.format(percent)} %`;
}

/** 12345 → 12.3 kB */
export function bytes(size: number): string {
  const [unit, by] = size < 1_000 ? ['B', 1] : size < 1_000_000 ? ['kB', 1_000] : ['MB', 1_000_000];
  return `${(size / by).toFixed(by === 1 ? 0 : 1)} ${unit}`;
}

/** West, East and North */
export function listed(words: readonly string[], type: 'conjunction' | 'disjunction' = 'conjunction'): string {
  return new Intl.ListFormat('en-GB', { type }).format(words);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** 12:03:07 in that zone. */
export function clockTime(ms: number, tz: string): string {
  let clock = clocks.get(tz);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', { timeZone: tz, hour: '2-digit', minute: '2-digit', second: '2-digit' });
    clocks.set(tz, clock);
  }
  return clock.format(ms);
}

/** 3 Jan 2014, 12:03:07: for what may lie on another day. */
export function dateTime(ms: number, tz: string, timeStyle: 'medium' | 'short' = 'medium'): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: tz, dateStyle: 'medium', timeStyle });
  return format.format(ms);
}

/**
 * The server's notes have instants in UTC and numbers without separators; what is part of a name stays. Of the day of `nowMs`
 * the time alone is told. A time does not break between two lines.
 */
export function instantsIn(text: string, tz: string, nowMs?: number): string {
  const today = nowMs === undefined ? '' : localDate(nowMs, tz);
  const told = text.replaceAll(/(?<![\w.:-])\d{4,}(?![\w-]|\.\d)/g, (number) => count(BigInt(number)));
  return told.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (iso) => {
    const ms = Date.parse(iso);
    return localDate(ms, tz) === today ? clockTime(ms, tz) : dateTime(ms, tz).replaceAll(' ', '\u00a0');
  });
}

/** 400 → 0.4 s; 75000 → 1 min 15 s; 7200000 → 2 h 0 min. It does not break between two lines. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const text =
    ms < 10_000
      ? `${(ms / 1_000).toFixed(1)} s`
      : seconds < 60
        ? `${seconds} s`
        : seconds < 3_600
          ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
          : seconds < 86_400
            ? `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
            : `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
  return text.replaceAll(' ', '\u00a0');
}

export const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * The local time of an instant that the API wrote with its zone's offset: 2026-11-21T19:33:00+01:00. The text already is
 * local; nothing needs to know the zone.
 */
export function localParts(iso: string) {
  const [year, month, day, hour, minute] = [0, 5, 8, 11, 14].map((at, i) => Number(iso.slice(at, at + (i ? 2 : 4))));
  const weekDay = new Date(Date.UTC(year!, month! - 1, day)).getUTCDay();
  return { year: year!, month: month!, day: day!, hour: hour!, minute: minute!, weekDay };
}

/** Of a window, as short as it can be told apart: 14:05, Sat 21 Nov, Nov 2026. */
export function windowLabel(iso: string, window: string): string {
  const { year, month, day, weekDay } = localParts(iso);
  const dayName = weekDayNames[(weekDay + 6) % 7]!.slice(0, 3);
  const date = `${day} ${monthNames[month - 1]}`;
  switch (window) {
    case 'minute':
    case '15m':
      return iso.slice(11, 16);
    case 'hour':
      return `${dayName} ${iso.slice(11, 16)}`;
    case 'day':
      return `${dayName} ${date} ${year}`;
    case 'week':
      return `week of ${date} ${year}`;
    case 'month':
      return `${monthNames[month - 1]} ${year}`;
    default:
      return String(year);
  }
}

/** 21 Nov 2026, 19:33; without the time at midnight, unless it is wanted. */
export function localDateTime(iso: string, hasTime = false): string {
  const { year, month, day } = localParts(iso);
  const time = iso.slice(11, 16);
  return `${day} ${monthNames[month - 1]} ${year}${time === '00:00' && !hasTime ? '' : `, ${time}`}`;
}

export const weekDayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** 2026-11-21: the date of an instant in that zone. */
export function localDate(ms: number, tz: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: tz, dateStyle: 'short' }).format(ms);
}

/** Writes instants as 2026-11-21 19:33 in that zone. */
export function localText(tz: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: tz, dateStyle: 'short', timeStyle: 'short' });
  return (ms) => format.format(ms);
}

/** 2026-11-21 and −1 → 2026-11-20 */
export function shiftDay(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
