// A report's schedule in plain words: the common forms of five-field cron. Whether it is one, serving judges. Pure.
import { listed, weekDayNames } from './format.ts';

/** More times of a day than these are not read as a list. */
const mostTimes = 6;

export interface Explained {
  readonly isFault: boolean;
  readonly text: string;
}

/** While it is typed. */
export function explainSchedule(cron: string): Explained {
  const fields = cron.trim().split(/\s+/);
  if (fields[0] === '') return { isFault: false, text: 'Made when somebody asks for it.' };
  if (fields.length !== 5) {
    const text = `${fields.length} of five fields: minute, hour, day of month, month, day of week.`;
    return { isFault: true, text };
  }
  const words = scheduleWords(cron);
  return { isFault: false, text: words ? `Made ${words}.` : 'No plain words for this one.' };
}

/** undefined where there are no plain words for it. */
export function scheduleWords(cron: string): string | undefined {
  const [minute = '', hour = '', day, month, weekDay, ...more] = cron.trim().toLowerCase().split(/\s+/);
  if (!day || !weekDay || month !== '*' || more.length > 0) return undefined;
  const days = day === '*' ? weekDayWords(weekDay) : weekDay === '*' ? dateWords(day) : undefined;
  const times = timeWords(minute, hour);
  if (!days || !times) return undefined;
  if (times.startsWith('at ')) return `${days} ${times}`;
  return days === 'every day' ? times : `${times}, ${days}`;
}

function timeWords(minute: string, hour: string): string | undefined {
  const step = Number(/^\*\/(\d+)$/.exec(minute)?.[1]);
  if (hour === '*' && step > 1 && 60 % step === 0) return `every ${step} minutes`;
  const minutes = numbersOf(minute, 0, 59);
  if (minutes?.length !== 1) return undefined;
  const past = String(minutes[0]).padStart(2, '0');
  if (hour === '*') return past === '00' ? 'every hour' : `every hour at :${past}`;
  const clocks = numbersOf(hour, 0, 23)?.map((one) => `${String(one).padStart(2, '0')}:${past}`);
  return clocks && clocks.length <= mostTimes ? `at ${listed(clocks)}` : undefined;
}

function dateWords(day: string): string | undefined {
  const days = numbersOf(day, 1, 31);
  if (!days) return undefined;
  const ordinals = days.map(
    (one) => `${one}${(one > 10 && one < 14) || !endings[one % 10] ? 'th' : endings[one % 10]}`,
  );
  return `on the ${listed(ordinals)} of each month${days.at(-1)! > 28 ? ' that has it' : ''}`;
}

const endings = ['', 'st', 'nd', 'rd'];

function weekDayWords(field: string): string | undefined {
  if (field === '*') return 'every day';
  const short = weekDayNames.map((name) => name.slice(0, 3).toLowerCase());
  const numbers = numbersOf(
    field.replace(/[a-z]+/g, (name) => String(short.indexOf(name) + 1 || name)),
    0,
    7,
  );
  if (!numbers) return undefined;
  // Monday first; 0 and 7 are Sunday.
  const days = [...new Set(numbers.map((one) => (one + 6) % 7))].toSorted((a, b) => a - b);
  const names = days.map((one) => weekDayNames[one]!);
  if (days.length === 7) return 'every day';
  const isRun = days.length > 2 && days.at(-1)! - days[0]! + 1 === days.length;
  return isRun ? `${names[0]} to ${names.at(-1)}` : `every ${listed(names)}`;
}

/** Of a list of numbers and ranges, in order; undefined for whatever else. */
function numbersOf(field: string, least: number, most: number): number[] | undefined {
  const numbers: number[] = [];
  for (const part of field.split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (!(Number(first) >= least && Number(last) <= most && Number(first) <= Number(last))) return undefined;
    for (let one = Number(first); one <= Number(last); one++) numbers.push(one);
  }
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}
