// Between a process and a store: how long a call takes and what becomes of it. A call is a request that travels, an effect
// that happens at one moment or never, and a reply that travels back or is lost. Latencies decide how processes interleave.
import type { Random } from '../../cli/random.ts';
import type { Trace } from './trace.ts';
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts';

export const storeNames = ['kafka', 'redis', 'clickhouse'] as const;
export type StoreName = (typeof storeNames)[number];

/** What may become of a single call, as probabilities. */
export interface CallFaults {
  readonly replyLost: number;
  readonly notApplied: number;
  /** The caller is told of a fault, the effect comes seconds or minutes later. */
  readonly appliedLate: number;
  readonly slow: number;
}

export interface Network {
  /** `write`: what becomes of it may be unknown to the caller. */
  call<T>(
    process: SimulatedProcess,
    store: StoreName,
    what: string,
    effect: () => T | PromiseLike<T>,
    write?: boolean,
  ): Promise<T>;
  /** Refuses every call until then. */
  refuse(store: StoreName, forMs: number): void;
  /** Takes every request, answers none until then. */
  hang(store: StoreName, forMs: number): void;
  isRefusing(store: StoreName): boolean;
  isCalm(store: StoreName): boolean;
  latency(): number;
  /** No faults from now on. */
  calm(): void;
}

/** How long a caller waits: Redis' commandTimeout, ClickHouse's query time-out, Kafka's request time-out. */
const timeoutMs = { redis: 5_000, clickhouse: 60_000, kafka: 11_000 } as const;

export interface NetworkDependencies {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: Trace;
  readonly faults: Readonly<Record<StoreName, CallFaults>>;
  readonly count: (fault: string) => void;
}

/** A fault of a store, as its client throws it. */
class StoreAway extends Error {
  override readonly stack = '';
}

export function createNetwork({ time, random, trace, faults, count }: NetworkDependencies): Network {
  const refusedUntil = { kafka: 0, redis: 0, clickhouse: 0 };
  const hungUntil = { kafka: 0, redis: 0, clickhouse: 0 };
  let calm = false;

  const latency = () => (random.chance(0.9) ? random.integer(0, 8) : random.integer(9, 120));

  function drawFate(store: StoreName, write: boolean): 'well' | keyof CallFaults {
    if (calm) return 'well';
    const rates = faults[store];
    let at = random.next();
    for (const fate of write ? (['replyLost', 'notApplied', 'appliedLate', 'slow'] as const) : (['slow'] as const)) {
      at -= rates[fate];
      if (at < 0) {
        count(`${store}: ${fateNames[fate]}`);
        return fate;
      }
    }
    return 'well';
  }

  return {
    call<T>(
      process: SimulatedProcess,
      store: StoreName,
      what: string,
      effect: () => T | PromiseLike<T>,
      write = false,
    ) {
      return new Promise<T>((resolve, reject) => {
        const fate = drawFate(store, write);
        const now = time.now();
        let over = false;
        const reply = (ms: number, settle: () => void) =>
          time.after(ms, () =>
            process.deliver(() => {
              if (over) return;
              over = true;
              settle();
            }),
          );
        const fail = (ms: number, why: string) => {
          trace.line(`${process.name} ${what}: ${why}`);
          reply(ms, () => reject(new StoreAway(`${store}: ${why}`)));
        };

        /** The moment of the effect. */
        function arrive(): void {
          if (process.state === 'dead' && random.chance(0.5)) return;
          if (process.state === 'frozen' && random.chance(0.5)) return process.deliver(() => depart(latency()));
          if (time.now() < refusedUntil[store]) return fail(latency(), 'connection lost');
          if (time.now() < hungUntil[store]) return depart(hungUntil[store] - time.now() + latency());
          trace.line(`${process.name} ${what}${fate === 'well' ? '' : ` (${fateNames[fate]})`}`);
          let value: T | PromiseLike<T>;
          try {
            value = effect();
          } catch (error) {
            return reply(latency(), () => reject(error));
          }
          if (fate === 'replyLost') fail(latency(), 'connection lost after the effect');
          else reply(latency(), () => resolve(value));
        }
        const depart = (ms: number) => (ms === 0 ? arrive() : time.after(ms, arrive));

        if (now < refusedUntil[store]) return fail(latency(), 'connection refused');
        if (fate === 'notApplied') return fail(latency(), 'connection lost before the effect');
        if (fate === 'appliedLate') {
          fail(random.integer(10, 2_000), 'connection lost, the effect comes later');
          return depart(random.integer(1_000, 90_000));
        }
        const travelMs = fate === 'slow' ? Math.round(random.waiting(4_000)) : random.chance(0.6) ? 0 : latency();
        // A time-out needs a timer only where it can come to it.
        if (fate === 'slow' || now < hungUntil[store])
          reply(timeoutMs[store], () => reject(new StoreAway(`${store}: no answer in time`)));
        depart(travelMs);
      });
    },
    refuse: (store, forMs) => void (refusedUntil[store] = Math.max(refusedUntil[store], time.now() + forMs)),
    hang: (store, forMs) => void (hungUntil[store] = Math.max(hungUntil[store], time.now() + forMs)),
    isRefusing: (store) => time.now() < refusedUntil[store],
    isCalm: (store) => time.now() >= refusedUntil[store] && time.now() >= hungUntil[store],
    latency,
    calm() {
      calm = true;
      for (const store of storeNames) refusedUntil[store] = hungUntil[store] = 0;
    },
  };
}

const fateNames = {
  replyLost: 'reply lost after the effect',
  notApplied: 'lost before the effect',
  appliedLate: 'applied late',
  slow: 'slow call',
} as const;
