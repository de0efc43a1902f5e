// Settings of the batch layer.
import { integer, matching } from '../runtime/config.ts';
import {
  clickhouseSettings,
  generationSettings,
  httpSettings,
  kafkaSettings,
  logSettings,
  operatorSettings,
  redisSettings,
} from '../runtime/shared-settings.ts';

export const batchSettings = {
  ...logSettings,
  ...httpSettings,
  ...kafkaSettings,
  ...generationSettings,
  ...redisSettings,
  ...clickhouseSettings,
  ...operatorSettings,
  batchPort: integer('port of the batch layer for operations', 0, 65_535, 8083),
  batchSchedule: matching(
    'when batch runs are made (cron, five or six fields)',
    /^\S+( \S+){4,5}$/,
    'a cron expression',
    '* * * * *',
  ),
  archiveIntervalMs: integer('how often the archive is written', 50, 60_000, 1_000),
  batchMaxRunRecords: integer(
    'new records that one batch run takes; where there are more, runs follow each other at once',
    1_000,
    100_000_000,
    2_000_000,
  ),
  collectMinutes: integer('how often what nobody needs is collected', 1, 1_440, 60),
  keepViewsMinutes: integer('how long a batch run stays readable after a newer one was published', 30, 525_600, 60),
  keepRunsDays: integer('how long batch runs are listed', 1, 3_650, 30),
};
