// Settings of ingest.
import { integer } from '../runtime/config.ts';
import {
  clickhouseSettings,
  generationSettings,
  httpSettings,
  kafkaSettings,
  logSettings,
} from '../runtime/shared-settings.ts';

export const ingestSettings = {
  ...logSettings,
  ...httpSettings,
  ...kafkaSettings,
  ...generationSettings,
  ...clickhouseSettings,
  ingestPort: integer('port of ingest', 0, 65_535, 8081),
  ingestMaxRequests: integer('requests that ingest works on at a time; more are answered 503', 1, 10_000, 256),
  ingestIdleSeconds: integer('a body must bring 1 KiB or an event within this time, or its request ends', 1, 600, 30),
};
