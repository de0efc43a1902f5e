// One connection to one broker, made when it is first needed and again after it broke. No retries: callers have backoff.
// Used instead of the library's pool, which hands out dying connections and leaves some `error` events without listener.
import { type API, Connection } from '@platformatic/kafka';
import { KafkaError } from './errors.ts';

export interface BrokerConnection {
  readonly address: string;
  /**
   * Sends one request; requests are answered in order, so a long poll delays those behind it. Rejects with a retryable
   * `broker-unreachable` or `request-failed` within connect and request time-out.
   */
  request<Args extends unknown[], Answer>(name: string, api: API<Args, Answer>, ...args: Args): Promise<Answer>;
  /** Cuts the connection and fails its requests; the next request connects again. */
  drop(): void;
  /** As `drop`, for good. */
  close(): void;
}

export interface BrokerConnectionOptions {
  clientId: string;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
}

export function createBrokerConnection(address: string, options: BrokerConnectionOptions): BrokerConnection {
  const [host, port] = splitAddress(address);
  let current: Connection | null = null;
  let connecting: Promise<Connection> | null = null;
  let closed = false;

  async function connect(): Promise<Connection> {
    const connection = new Connection(options.clientId, {
      connectTimeout: options.connectTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
    });
    connection.on('error', () => {}); // each request hears of it by itself; without a listener it would end the process
    current = connection;
    try {
      await within(options.connectTimeoutMs + graceMs, Promise.resolve(connection.connect(host, port)));
      return connection;
    } catch (cause) {
      connection.socket?.destroy();
      throw new KafkaError(
        'broker-unreachable',
        `cannot connect to Kafka at ${address}`,
        { address },
        {
          retryable: true,
          cause,
        },
      );
    } finally {
      connecting = null;
    }
  }

  function drop(): void {
    // close() is what fails a connect that is under way, destroy() what fails requests without waiting for a flush.
    current?.close().catch(() => {});
    current?.socket?.destroy();
    current = null;
  }

  return {
    address,
    async request(name, api, ...args) {
      if (closed)
        throw new KafkaError('closed', `connection to ${address} was closed`, { what: address }, { retryable: false });
      const live = current?.isConnected() ? current : await (connecting ??= connect());
      try {
        return await within(options.requestTimeoutMs + graceMs, api.async(live, ...args), () => live.socket?.destroy());
      } catch (cause) {
        const message = `Kafka at ${address} did not answer the ${name} request: ${(cause as Error).message}`;
        throw new KafkaError('request-failed', message, { request: name }, { retryable: true, cause });
      }
    },
    drop,
    close() {
      closed = true;
      drop();
    },
  };
}

/** The library has time-outs of its own; whatever becomes of them, nobody waits longer than this. */
const graceMs = 1_000;

async function within<T>(ms: number, work: Promise<T>, giveUp: () => void = () => {}): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`nothing came within ${ms} ms`));
    giveUp();
  }, ms);
  return await Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

/** `host:port`; an IPv6 host stands in brackets. */
function splitAddress(address: string): [string, number] {
  const at = address.lastIndexOf(':');
  const port = Number(address.slice(at + 1));
  if (at < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new KafkaError(
      'broker-unreachable',
      `"${address}" is no broker address; expected host:port`,
      { address },
      {
        retryable: false,
      },
    );
  }
  return [address.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port];
}
