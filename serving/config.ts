// Settings of serving.
import { integer, text, url } from '../runtime/config.ts';
import {
  clickhouseSettings,
  generationSettings,
  httpSettings,
  kafkaSettings,
  logSettings,
  operatorSettings,
  redisSettings,
} from '../runtime/shared-settings.ts';

export const servingSettings = {
  ...logSettings,
  ...httpSettings,
  ...kafkaSettings,
  ...generationSettings,
  ...redisSettings,
  ...clickhouseSettings,
  ...operatorSettings,
  servingPort: integer('port of the API', 0, 65_535, 8080),
  batchUrl: url('the batch layer, for batch runs on demand', 'http://127.0.0.1:8083'),
  servingMaxStreams: integer('readers of /v1/stream at a time; more are answered 503', 0, 100_000, 5_000),
  atLeastTimeoutMs: integer('how long a query waits for what its token asks', 0, 60_000, 10_000),
  reportsDir: text(
    'folder that reports are written to, the same for all serving processes; `npm start` has it among its data',
    '.tidemark/reports',
  ),
};
