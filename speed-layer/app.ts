// The speed layer's HTTP for operations: health, metrics and the state of each partition.
import type { FastifyInstance } from 'fastify';
import { createHttpServer } from '../runtime/http-server.ts';
import type { Logger } from '../runtime/logger.ts';
import type { SpeedLayer } from './speed-layer.ts';

export function createSpeedApp(speedLayer: SpeedLayer, log: Logger): FastifyInstance {
  const { registry: metrics } = speedLayer.metrics;
  const app = createHttpServer({ log, waitingFor: () => speedLayer.waitingFor(), metrics });
  app.get('/v1/partitions', () => ({
    partitions: [...speedLayer.writers.values()].map(({ partition, state, trouble, alarm, flushedNext }) => ({
      partition,
      state,
      ...(trouble === undefined ? {} : { trouble }),
      ...(alarm === undefined ? {} : { alarm }),
      next: flushedNext ?? null,
    })),
  }));
  return app;
}
