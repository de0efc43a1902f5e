// The speed layer's HTTP for operations: health, metrics and the state of each partition.
import type { FastifyInstance } from 'fastify';
import { Gauge, Registry } from 'prom-client';
import { createHttpServer } from '../runtime/http-server.ts';
import type { Logger } from '../runtime/logger.ts';
import type { SpeedLayer } from './speed-layer.ts';

export function createSpeedApp(speedLayer: SpeedLayer, log: Logger): FastifyInstance {
  const metrics = new Registry();
  metrics.registerMetric(
    new Gauge({
      name: 'tidemark_speed_next_offset',
      help: 'Next offset of the partition that is not flushed yet',
      labelNames: ['partition'],
      registers: [],
      collect() {
        this.reset();
        for (const writer of speedLayer.writers.values()) {
          if (writer.flushedNext !== undefined) this.set({ partition: String(writer.partition) }, writer.flushedNext);
        }
      },
    }),
  );
  const app = createHttpServer({ log, waitingFor: () => speedLayer.waitingFor(), metrics });
  app.get('/v1/partitions', () => ({
    partitions: [...speedLayer.writers.values()].map(({ partition, state, trouble, flushedNext }) => ({
      partition,
      state,
      ...(trouble === undefined ? {} : { trouble }),
      next: flushedNext ?? null,
    })),
  }));
  return app;
}
