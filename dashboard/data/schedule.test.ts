// Schedules in words: the common forms, and never words for what serving would take otherwise.
import { describe, expect, test } from 'vitest';
import { explainSchedule, scheduleWords } from './schedule.ts';

describe('schedule', () => {
  test.each([
    ['0 6 * * *', 'every day at 06:00'],
    ['5 6,18 * * *', 'every day at 06:05 and 18:05'],
    ['0 6 * * 1-5', 'Monday to Friday at 06:00'],
    ['0 6 * * MON-FRI', 'Monday to Friday at 06:00'],
    ['0 6 * * 7', 'every Sunday at 06:00'],
    ['0 6 * * sun,6', 'every Saturday and Sunday at 06:00'],
    ['0 6 * * 0-6', 'every day at 06:00'],
    ['0 6 1 * *', 'on the 1st of each month at 06:00'],
    ['0 6 2,3,11,22 * *', 'on the 2nd, 3rd, 11th and 22nd of each month at 06:00'],
    ['0 6 31 * *', 'on the 31st of each month that has it at 06:00'],
    ['*/15 * * * *', 'every 15 minutes'],
    ['*/15 * * * 1', 'every 15 minutes, every Monday'],
    ['0 * * * *', 'every hour'],
    ['7 * * * *', 'every hour at :07'],
  ])('%s is %s', (cron, words) => {
    expect(scheduleWords(cron)).toBe(words);
  });

  test.each([
    '*/7 * * * *',
    '0 6 1 * 1',
    '0 6 1 1 *',
    '0 6 L * *',
    '0 25 * * *',
    '60 6 * * *',
    '0 6 * * 5-1',
    '0 6 * * mon#1',
    '0 6 * * m',
    '0 0-12 * * *',
    '0 6 * *',
    '0 6 * * * *',
  ])('there are no plain words for %s', (cron) => {
    expect(scheduleWords(cron)).toBeUndefined();
  });

  test('what is being typed is told from what is wrong', () => {
    expect(explainSchedule(' ')).toEqual({ isFault: false, text: 'Made when somebody asks for it.' });
    expect(explainSchedule('0 6')).toMatchObject({ isFault: true, text: expect.stringMatching(/^2 of five fields/) });
    expect(explainSchedule('0 6 * * *')).toEqual({ isFault: false, text: 'Made every day at 06:00.' });
    expect(explainSchedule('0 6 L * *')).toMatchObject({ isFault: false });
  });
});
