// Settings that more than one service reads. Each service's config.ts picks from here and adds its own.
import { createGeneration, type Generation } from '../schemas/generation.ts';
import { choice, integer, list, matching, text, url } from './config.ts';

export const logSettings = {
  logLevel: choice('how much is logged', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
};

export const httpSettings = {
  host: text('address that HTTP servers listen on', '127.0.0.1'),
};

export const kafkaSettings = {
  kafkaBrokers: list('Kafka brokers, host:port', '127.0.0.1:19092'),
  topic: matching(
    'topic of the orders; dead letters go to TOPIC.dlq',
    /^[a-zA-Z0-9._-]{1,200}$/,
    'a topic name',
    'orders',
  ),
  partitions: integer('partitions of the topic; fixed for its life', 1, 1_000, 12),
};

export const generationSettings = {
  horizonMinutes: integer(
    'an event that occurred longer than this before its record waits for the next batch run',
    1,
    52_560_000,
    60,
  ),
  hashKey: matching(
    'secret key of the identity hash, the same for all services, for ever; `npm start` makes one',
    /^[0-9a-f]{32}$/i,
    '32 hexadecimal digits',
  ),
};

export const redisSettings = {
  redisUrl: url('Redis', 'redis://127.0.0.1:16379'),
  redisPrefix: matching(
    'first part of every key and channel',
    /^[a-zA-Z0-9._-]{1,64}$/,
    'letters, digits, . _ -',
    'tidemark',
  ),
};

export const clickhouseSettings = {
  clickhouseUrl: url('ClickHouse, HTTP interface', 'http://127.0.0.1:18123'),
  clickhouseUser: text('ClickHouse user', 'default'),
  clickhousePassword: text('ClickHouse password', ''),
  clickhouseDatabase: matching('ClickHouse database', /^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/, 'a database name', 'tidemark'),
};

export const operatorSettings = {
  operatorToken: matching(
    'token asked for by whatever writes outside ingest; `npm start` makes one',
    /^\S{16,}$/,
    '16 or more characters',
  ),
};

export function generationOf(config: {
  readonly topic: string;
  readonly partitions: number;
  readonly horizonMinutes: number;
  readonly hashKey: string;
}): Generation {
  const { topic, partitions, horizonMinutes, hashKey } = config;
  return createGeneration({ topic, partitions, horizonMs: horizonMinutes * 60_000, hashKey: hashKey.toLowerCase() });
}
