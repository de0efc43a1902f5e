// Where the three stores are.
export interface StackUrls {
  /** `host:port`, several separated by commas. */
  readonly kafkaBrokers: string;
  readonly redisUrl: string;
  readonly clickhouseUrl: string;
}

const VARIABLES = ['TIDEMARK_KAFKA_BROKERS', 'TIDEMARK_REDIS_URL', 'TIDEMARK_CLICKHOUSE_URL'] as const;

/** The stores that the environment names; undefined when it names none. Some but not all is an error. */
export function givenStackUrls(env: NodeJS.ProcessEnv): StackUrls | undefined {
  const missing = VARIABLES.filter((variable) => (env[variable] ?? '') === '');
  if (missing.length === VARIABLES.length) return undefined;
  if (missing.length > 0) throw new Error(`${missing.join(' and ')} must be set too: give all three stores or none`);
  const [kafkaBrokers, redisUrl, clickhouseUrl] = VARIABLES.map((variable) => env[variable] as string);
  return { kafkaBrokers, redisUrl, clickhouseUrl } as StackUrls;
}
