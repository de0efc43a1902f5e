// Virtual time and simulated processes. Every timer of production code belongs to the process that set it: it fires in that
// process's context, is held while the process is frozen, and never fires once it is dead. So a freeze is exact: whatever
// a process does begins in a timer, a reply or a message, and all of them pass through `deliver`.
import { AsyncLocalStorage } from 'node:async_hooks';
import FakeTimers from '@sinonjs/fake-timers';

export interface SimulatedProcess {
  readonly name: string;
  readonly state: 'running' | 'frozen' | 'dead';
  /** Runs in the context of the process. */
  run<T>(work: () => T): T;
  /** Runs it now, after the thaw, or never. */
  deliver(work: () => void): void;
  freeze(): void;
  thaw(): void;
  kill(): void;
}

export interface VirtualTime {
  now(): number;
  /** Something in the world outside all processes. */
  after(ms: number, work: () => void): void;
  openProcess(name: string): SimulatedProcess;
  /** Fires timers, each with all that follows from it, until the condition holds; returns how many fired. */
  play(until: () => boolean, maxSteps: number): Promise<number>;
  close(): void;
}

const context = new AsyncLocalStorage<SimulatedProcess>();
const realImmediate = setImmediate;

export function installVirtualTime(startMs: number): VirtualTime {
  const clock = FakeTimers.install({
    now: startMs,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'Date', 'performance'],
  });
  const { setTimeout: later, setInterval: every, clearInterval: endInterval } = clock;
  const faked = { setTimeout: globalThis.setTimeout, setInterval: globalThis.setInterval };
  type Callback = (...args: unknown[]) => void;

  function ownedTimeout(work: Callback, ms?: number, ...args: unknown[]) {
    const owner = context.getStore();
    return later(owner ? () => owner.deliver(() => work(...args)) : () => work(...args), ms ?? 0);
  }

  function ownedInterval(work: Callback, ms?: number, ...args: unknown[]) {
    const owner = context.getStore();
    if (!owner) return every(work, ms ?? 0, ...args);
    let held = false;
    const timer = every(() => {
      if (owner.state === 'dead') endInterval(timer);
      if (held) return;
      held = true;
      owner.deliver(() => {
        held = false;
        work(...args);
      });
    }, ms ?? 0);
    return timer;
  }
  Object.assign(globalThis, { setTimeout: ownedTimeout, setInterval: ownedInterval });

  function openProcess(name: string): SimulatedProcess {
    let state: SimulatedProcess['state'] = 'running';
    let held: (() => void)[] = [];
    const self: SimulatedProcess = {
      name,
      get state() {
        return state;
      },
      run: (work) => context.run(self, work),
      deliver(work) {
        if (state === 'running') context.run(self, work);
        else if (state === 'frozen') held.push(work);
      },
      freeze() {
        if (state === 'running') state = 'frozen';
      },
      thaw() {
        if (state !== 'frozen') return;
        state = 'running';
        const waiting = held;
        held = [];
        for (const work of waiting) later(() => self.deliver(work), 0);
      },
      kill() {
        state = 'dead';
        held = [];
      },
    };
    return self;
  }

  return {
    now: () => clock.now,
    after: (ms, work) => void later(work, ms),
    openProcess,
    async play(until, maxSteps) {
      let steps = 0;
      for (; !until(); steps += 1) {
        if (steps >= maxSteps) throw new Error(`the world did not come to an end within ${maxSteps} steps`);
        clock.next();
        // All promises that follow are done before the next timer fires.
        await new Promise<void>((resolve) => realImmediate(resolve));
      }
      return steps;
    },
    close() {
      Object.assign(globalThis, faked);
      clock.reset();
      clock.uninstall();
    },
  };
}
