// Schedules in words: all numbers, ranges and steps that the scheduler accepts, and never words that it would read otherwise.
import fc from 'fast-check';
import cron from 'node-cron';
import { describe, expect, test } from 'vitest';
import { explainSchedule, faultFirst, scheduleWords } from './schedule.ts';

describe('schedule', () => {
  test.each([
    ['0 6 * * *', 'every day at 06:00'],
    ['00 06 ? * ?', 'every day at 06:00'],
    ['5 6,18 * * *', 'every day at 06:05 and 18:05'],
    ['0 6 * * 1-5', 'Monday to Friday at 06:00'],
    ['0 6 * * MON-FRI', 'Monday to Friday at 06:00'],
    ['0 6 * * monday,Thu', 'every Monday and Thursday at 06:00'],
    ['0 6 * * mon-fri/2', 'every Monday, Wednesday and Friday at 06:00'],
    ['0 6 * * 7', 'every Sunday at 06:00'],
    ['0 6 * * sun,6', 'every Saturday and Sunday at 06:00'],
    ['0 6 * * 5-1', 'every Monday and Friday to Sunday at 06:00'],
    ['0 6 * * 0-6', 'every day at 06:00'],
    ['0 6 1 * *', 'on the 1st of each month at 06:00'],
    ['0 6 1-7,22 * *', 'on the 1st to 7th and 22nd of each month at 06:00'],
    ['0 6 2,3,11,22 * *', 'on the 2nd, 3rd, 11th and 22nd of each month at 06:00'],
    ['0 6 31 * *', 'on the 31st of each month that has it at 06:00'],
    ['0 6 29 feb *', 'on the 29th of February, where there is one, at 06:00'],
    ['0 6 13 * fri', 'on the 13th of each month if that is a Friday at 06:00'],
    ['0 6 1 * mon,tue', 'on the 1st of each month if that is a Monday or Tuesday at 06:00'],
    ['0 6 1 */3 *', 'on the 1st of January, April, July and October at 06:00'],
    ['0 6 * 11-2 *', 'every day in January, February, November and December at 06:00'],
    ['0 6 * jun-august mon-fri', 'Monday to Friday in June to August at 06:00'],
    ['* * * * *', 'every minute'],
    ['*/15 * * * *', 'every 15 minutes'],
    ['*/15 * * * 1', 'every 15 minutes, every Monday'],
    ['*/7 * * * *', 'every hour at :00, :07, :14, :21, :28, :35, :42, :49 and :56'],
    ['*/15 9-17 * * 1-5', 'every 15 minutes in the hours 09 to 17, Monday to Friday'],
    ['1,2-4,*/20 5 * * *', 'every day at :00 to :04, :20 and :40 in the hour 05'],
    ['0 * * * *', 'every hour'],
    ['7 * * * *', 'every hour at :07'],
    ['5 9-17 * * *', 'every hour from 09:05 to 17:05'],
    ['5 */2 * * *', 'every 2 hours from 00:05'],
    ['0 */6 * * *', 'every day at 00:00, 06:00, 12:00 and 18:00'],
    ['0 22-2 * * *', 'every day at 00:00, 01:00, 02:00, 22:00 and 23:00'],
  ])('%s is %s', (expression, words) => {
    expect(cron.validate(expression)).toBe(true);
    expect(scheduleWords(expression)).toBe(words);
  });

  test.each([
    '0 25 * * *',
    '60 6 * * *',
    '5/10 * * * *',
    '*/0 * * * *',
    '1,,2 * * * *',
    '0 6 * * m',
    '0 6 * * mond',
    '0 6 * * 8',
    '0 6 * 13 *',
    '0 6 0 * *',
    '0 6 * *',
    '0 6 * * * *',
    // The scheduler takes these: rare ones, that are shown as they are.
    '0 6 * * 5L',
    '0 6 * * mon,fri#2',
    '0 6 L-3 * *',
    '0 6 15W,LW * *',
  ])('there are no plain words for %s', (expression) => {
    expect(scheduleWords(expression)).toBeUndefined();
  });

  test('whatever the scheduler takes has words, and those of the numbers that the scheduler reads', () => {
    const field = (least: number, most: number) => {
      const number = fc.integer({ min: least, max: most });
      const step = fc.integer({ min: 1, max: most });
      const part = fc.oneof(
        fc.constant('*'),
        number.map(String),
        fc.tuple(number, number).map(([a, b]) => `${a}-${b}`),
        step.map((by) => `*/${by}`),
        fc.tuple(number, number, step).map(([a, b, by]) => `${a}-${b}/${by}`),
      );
      return fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','));
    };
    const expressions = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7));
    const judge = (fields: readonly string[]) => {
      const expression = fields.join(' ');
      fc.pre(cron.validate(expression));
      const { minute, hour, dayOfMonth, month, dayOfWeek } = cron.parse(expression);
      const read = [minute, hour, dayOfMonth, month, dayOfWeek].map((numbers) => numbers.join(',')).join(' ');
      expect(scheduleWords(expression)).toBeTypeOf('string');
      expect(scheduleWords(expression)).toBe(scheduleWords(read));
    };
    fc.assert(fc.property(expressions, judge), { numRuns: 2_000 });
  });

  test('what is being typed is told with its zone, and from what is wrong', () => {
    expect(explainSchedule(' ', 'UTC')).toEqual({ isFault: false, text: 'Made when somebody asks for it.' });
    expect(explainSchedule('0 6', 'UTC')).toMatchObject({
      isFault: true,
      text: expect.stringMatching(/^2 of five fields/),
    });
    expect(explainSchedule('0 6 * * *', 'Asia/Tokyo')).toEqual({
      isFault: false,
      text: 'Made every day at 06:00, Asia/Tokyo.',
    });
    expect(explainSchedule('0 6 Q * *', 'UTC')).toMatchObject({ isFault: false });
  });

  test('of one that is refused what is wrong comes first', () => {
    const fault = 'the hour must be 0 to 23, not 25';
    const form = 'five fields of cron such as "0 6 * * *"';
    expect(faultFirst(`schedule is "0 25 * * *", expected ${form}: ${fault}`)).toBe(`${fault}; expected ${form}`);
    const rare = 'schedule is "0 0 29 2 mon", expected one that comes up within five years';
    expect(faultFirst(rare)).toBe(rare);
  });
});
