// A consumer group: who has which partitions. Members hear of a new assignment each in their own time, so for a while two
// have the same partition; who is dead or frozen for the session time-out loses its own.
import type { Random } from '../../cli/random.ts';
import type { GroupMember, GroupMemberOptions } from '../../runtime/kafka/group-member.ts';
import type { Network } from './network.ts';
import type { Trace } from './trace.ts';
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts';

type Handlers = Pick<GroupMemberOptions, 'onAssignment' | 'onTrouble'>;

export interface Group {
  join(process: SimulatedProcess, handlers: Handlers): Promise<GroupMember>;
  /** Gives the partitions out anew, for no reason. */
  rebalance(): void;
  /** To be told when a process was killed, frozen or thawed. */
  stateChanged(process: SimulatedProcess): void;
}

export interface GroupDependencies {
  readonly name: string;
  readonly partitions: number;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly network: Network;
  readonly trace: Trace;
}

const sessionTimeoutMs = 10_000;

interface Member {
  readonly process: SimulatedProcess;
  assigned: ReadonlySet<number>;
  evicted: boolean;
  /** `round`: what is of an earlier one than was heard already is dropped, as Kafka's member does. */
  assign(partitions: ReadonlySet<number>, round: number): void;
}

export function createGroup({ name, partitions, time, random, network, trace }: GroupDependencies): Group {
  const members = new Set<Member>();
  let planned = false;
  let round = 0;

  function plan(): void {
    if (planned) return;
    planned = true;
    time.after(random.integer(5, 2_000), () => {
      planned = false;
      if (network.isRefusing('kafka')) return plan();
      const present = [...members].filter((member) => !member.evicted);
      if (present.length === 0) return;
      round += 1;
      const given = round;
      const first = random.integer(0, present.length - 1);
      for (const [i, member] of present.entries()) {
        const own = Array.from({ length: partitions }, (_, p) => p).filter((p) => (p + first) % present.length === i);
        trace.line(`${name} gives ${member.process.name} ${own.join(',')}`);
        const travelMs = random.chance(0.8) ? network.latency() : random.integer(100, 3_000);
        time.after(travelMs, () => member.process.deliver(() => member.assign(new Set(own), given)));
      }
    });
  }

  return {
    rebalance: plan,
    stateChanged(process) {
      const member = [...members].find((each) => each.process === process);
      if (!member) return;
      if (process.state === 'running') {
        if (!member.evicted) return;
        member.evicted = false;
        return plan();
      }
      time.after(sessionTimeoutMs, () => {
        if (process.state === 'running' || !members.has(member)) return;
        member.evicted = true;
        if (process.state === 'dead') members.delete(member);
        plan();
      });
    },
    join(process, { onAssignment, onTrouble }) {
      let handedOver = Promise.resolve();
      let pending = false;
      let left = false;
      let heard = 0;
      const first = Promise.withResolvers<void>();
      const member: Member = {
        process,
        assigned: new Set(),
        evicted: false,
        assign(given, ofRound) {
          if (ofRound < heard) return;
          heard = ofRound;
          member.assigned = given;
          if (pending) return;
          pending = true;
          handedOver = handedOver.then(async () => {
            pending = false;
            if (left) return;
            try {
              await onAssignment(member.assigned);
            } catch (error) {
              onTrouble?.(error);
            }
            first.resolve();
          });
        },
      };
      members.add(member);
      plan();
      const port: GroupMember = {
        assignment: () => member.assigned,
        commit: () => network.call(process, 'kafka', 'commit', () => undefined).catch(onTrouble),
        async leave() {
          left = true;
          members.delete(member);
          plan();
          await handedOver;
        },
      };
      return first.promise.then(() => port);
    },
  };
}
