// The port by which processes share the topic's partitions: membership in a consumer group, nothing else.
// Exactness does not rest on it: writers are fenced by stored offsets, so two owners for a moment do no harm.

export interface GroupMember {
  /** The partitions that were given to this member last; kept during a rebalance until the new set is known. */
  assignment(): ReadonlySet<number>;
  /**
   * Tells Kafka the next offset of each partition: a hint for lag tools. Resolves also if Kafka refuses (a rebalance);
   * that goes to `onTrouble`.
   */
  commit(next: ReadonlyMap<number, number>): Promise<void>;
  /** Leaves at once, so that others need not wait for the session time-out. `onAssignment` is not called afterwards. */
  leave(): Promise<void>;
}

export interface GroupMemberOptions {
  brokers: string[];
  clientId: string;
  groupId: string;
  topic: string;
  /** A member that is silent for so long loses its partitions to the others. */
  sessionTimeoutMs?: number;
  /** How long a rebalance waits for members that have not joined yet. */
  rebalanceTimeoutMs?: number;
  /** Bound of the first join, with its retries. */
  joinTimeoutMs?: number;
  /**
   * The full new set at each assignment, also when it did not change; the caller compares. Calls never overlap; if
   * several sets arrive during one call, only the last of them follows. What it throws goes to `onTrouble`.
   */
  onAssignment: (partitions: ReadonlySet<number>) => void | Promise<void>;
  /** Told of every failed attempt; the member rejoins by itself. Must not throw. */
  onTrouble?: (error: unknown) => void;
}
