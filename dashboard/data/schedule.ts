// A report's schedule in plain words. Fields are read as the scheduler reads them (serving/report-schedule.ts: both day
// fields must match); whether it is a schedule, serving judges. Pure.
import { listed, monthNames, weekDayNames } from './format.ts';

/** More times of a day than these are told by their rule. */
const mostTimes = 6;

export interface Explained {
  readonly isFault: boolean;
  readonly text: string;
}

/** While it is typed. */
export function explainSchedule(cron: string, tz: string): Explained {
  const fields = cron.trim().split(/\s+/);
  if (fields[0] === '') return { isFault: false, text: 'Made when somebody asks for it.' };
  if (fields.length !== 5) {
    const text = `${fields.length} of five fields: minute, hour, day of month, month, day of week.`;
    return { isFault: true, text };
  }
  const words = scheduleWords(cron);
  return {
    isFault: false,
    text: words ? `Made ${words}, ${tz}.` : 'No plain words for this one: once saved it says when it is due.',
  };
}

/** What serving says of one that it refuses: what is wrong first, then what a schedule is. */
export function faultFirst(detail: string): string {
  return detail.replace(/^schedule is .*, expected (five fields .*?"): (.*)$/, '$2; expected $1');
}

/** undefined where there are no plain words for it. */
export function scheduleWords(cron: string): string | undefined {
  const [minute = '', hour = '', day = '', month = '', weekDay = '', ...more] = cron.trim().toLowerCase().split(/\s+/);
  const minutes = numbersOf(minute, 0, 59);
  const hours = numbersOf(hour, 0, 23);
  const months = numbersOf(month, 1, 12, longMonths);
  const days = months && dayWords(day, weekDay, months);
  if (!minutes || !hours || !days || more.length > 0) return undefined;
  const times = timeWords(minutes, hours);
  if (times.startsWith('at ')) return `${days} ${times}`;
  return days === 'every day' ? times : `${times}, ${days}`;
}

const two = (number: number): string => String(number).padStart(2, '0');
const past = (minute: number): string => `:${two(minute)}`;

function timeWords(minutes: readonly number[], hours: readonly number[]): string {
  const rule = evenly(minutes, 60, 'minute') ?? `at ${spans(minutes, past)}`;
  const isOne = minutes.length === 1;
  if (hours.length === 24) {
    if (isOne && minutes[0] === 0) return 'every hour';
    return rule.startsWith('at ') ? `every hour ${rule}` : rule;
  }
  const clocks = hours.flatMap((hour) => minutes.map((minute) => two(hour) + past(minute)));
  if (clocks.length <= mostTimes) return `at ${listed(clocks)}`;
  if (!isOne) return `${rule} in the hour${hours.length > 1 ? 's' : ''} ${spans(hours, two)}`;
  if (isRun(hours)) return `every hour from ${clocks[0]} to ${clocks.at(-1)}`;
  const even = evenly(hours, 24, 'hour');
  return even ? `${even} from ${clocks[0]}` : `at ${listed(clocks)}`;
}

/** From 0 on, and once round: every 5 minutes. */
function evenly(numbers: readonly number[], round: number, unit: string): string | undefined {
  const [first, step = round] = numbers;
  if (first !== 0 || step === round || numbers.length !== round / step) return undefined;
  return step === 1 ? `every ${unit}` : `every ${step} ${unit}s`;
}

function dayWords(day: string, weekDay: string, months: readonly number[]): string | undefined {
  const names = months.length === 12 ? '' : spans(months, (one) => longMonths[one - 1]!);
  const of = ` of ${names || 'each month'}`;
  const when = names && ` in ${names}`;
  const days = numbersOf(day, 1, 31);
  const week = numbersOf(weekDay, 0, 7, weekDayNames);
  if (!days || !week) return undefined;
  // Monday first; 0 and 7 are Sunday.
  const weekDays = inOrder(week.map((one) => (one + 6) % 7));
  const weekWords = spans(weekDays, (one) => weekDayNames[one]!);
  if (days.length === 31) {
    return (weekDays.length === 7 ? 'every day' : isRun(weekDays) ? weekWords : `every ${weekWords}`) + when;
  }
  // It may be that no such day is there.
  const rare = days[0]! < 29 ? '' : names ? ', where there is one,' : ' that has it';
  const only = weekDays.length === 7 ? '' : ` if that is a ${weekWords.replace(' and ', ' or ')}`;
  return `on the ${spans(days, ordinal)}${of}${rare}${only}`;
}

const longMonths = monthNames.map((_, i) => new Date(2000, i).toLocaleDateString('en-GB', { month: 'long' }));
const endings = ['th', 'st', 'nd', 'rd'];
const ordinal = (one: number): string => `${one}${(one > 10 && one < 14 ? '' : endings[one % 10]) || 'th'}`;

const inOrder = (numbers: readonly number[]): number[] => [...new Set(numbers)].toSorted((a, b) => a - b);
const isRun = (numbers: readonly number[]): boolean =>
  numbers.length > 2 && numbers.at(-1)! - numbers[0]! + 1 === numbers.length;

/** In words; three and more that follow each other as "a to c". */
function spans(numbers: readonly number[], name: (one: number) => string): string {
  const words: string[] = [];
  for (let i = 0; i < numbers.length; ) {
    let end = i;
    while (numbers[end + 1] === numbers[end]! + 1) end += 1;
    if (end - i < 2) end = i;
    words.push(name(numbers[i]!) + (end > i ? ` to ${name(numbers[end]!)}` : ''));
    i = end + 1;
  }
  return listed(words);
}

/**
 * Of a list of numbers, ranges and steps, in order; undefined for whatever else. Names count from 1, in full or by three
 * letters. A range may go round: 22-2.
 */
function numbersOf(field: string, least: number, most: number, names: readonly string[] = []): number[] | undefined {
  const numbers: number[] = [];
  for (const part of field.split(',')) {
    const text = part.replace(/^[*?]/, `${least}-${most}`).replaceAll(/[a-z]+/g, (name) => {
      const at = names.findIndex((long) => [long, long.slice(0, 3)].some((one) => one.toLowerCase() === name));
      return at >= 0 ? String(at + 1) : name;
    });
    const [, from, to = from, step = 1] = /^(\d+)(?:-(\d+)(?:\/(\d+))?)?$/.exec(text) ?? [];
    const [a, b, by] = [Number(from), Number(to), Number(step)];
    if (![a, b].every((one) => one >= least && one <= most) || by < 1) return undefined;
    // Both 0 and 7 are Sunday.
    const size = names.length || most - least + 1;
    const start = a - least === size ? least : a;
    const end = from === to ? start : b < start ? b + size : b;
    for (let one = start; one <= end; one += by) numbers.push(one > most ? one - size : one);
  }
  return inOrder(numbers);
}
