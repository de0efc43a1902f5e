// The ports of the local stores, what each is for and which variable changes it.
import type { WantedPort } from './ports.ts';
import { portFrom } from './services.ts';

export interface StackPorts {
  readonly kafka: number;
  readonly redis: number;
  readonly clickhouse: number;
}

export const DEFAULT_STACK_PORTS: StackPorts = { kafka: 19_092, redis: 16_379, clickhouse: 18_123 };

export function stackPorts(env: NodeJS.ProcessEnv): StackPorts {
  return {
    kafka: portFrom(env, 'TIDEMARK_STACK_KAFKA_PORT', DEFAULT_STACK_PORTS.kafka),
    redis: portFrom(env, 'TIDEMARK_STACK_REDIS_PORT', DEFAULT_STACK_PORTS.redis),
    clickhouse: portFrom(env, 'TIDEMARK_STACK_CLICKHOUSE_PORT', DEFAULT_STACK_PORTS.clickhouse),
  };
}

/** Kafka's controller listens one port above the broker, unless ports are chosen. */
export function wantedStackPorts(ports: StackPorts, controller = ports.kafka + 1): WantedPort[] {
  return [
    { port: ports.kafka, purpose: 'Kafka', variable: 'TIDEMARK_STACK_KAFKA_PORT' },
    { port: controller, purpose: "Kafka's controller", variable: 'TIDEMARK_STACK_KAFKA_PORT' },
    { port: ports.redis, purpose: 'Redis', variable: 'TIDEMARK_STACK_REDIS_PORT' },
    { port: ports.clickhouse, purpose: 'ClickHouse', variable: 'TIDEMARK_STACK_CLICKHOUSE_PORT' },
  ];
}
