// Settings of the speed layer.
import { integer } from '../runtime/config.ts';
import {
  clickhouseSettings,
  generationSettings,
  httpSettings,
  kafkaSettings,
  logSettings,
  redisSettings,
} from '../runtime/shared-settings.ts';
import { writerLimits } from './writer-limits.ts';

export const speedSettings = {
  ...logSettings,
  ...httpSettings,
  ...kafkaSettings,
  ...generationSettings,
  ...redisSettings,
  ...clickhouseSettings,
  speedPort: integer('port of the speed layer for operations', 0, 65_535, 8082),
  flushIntervalMs: integer('how often live counters are flushed to Redis; less often where it is busy', 5, 10_000, 10),
  sessionTimeoutMs: integer(
    'a speed layer silent for this long loses its partitions to the others',
    6_000,
    300_000,
    10_000,
  ),
  maxIdentities: integer(
    'events within the horizon that a speed layer remembers, about 20 bytes each; with more it stops reading and says so',
    100_000,
    1_000_000_000,
    writerLimits.maxIdentities,
  ),
};
