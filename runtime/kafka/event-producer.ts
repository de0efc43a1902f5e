// The port by which events are written to Kafka.

export interface OutgoingMessage {
  /** Decides the partition (murmur2, as Java's and kafkajs's default partitioner have it). */
  key: string | Buffer;
  value: Buffer;
  headers?: Record<string, string | Buffer>;
}

export interface EventProducer {
  /**
   * Resolves when every message is in the log with `acks=all`: by partition written, the NEXT offset after the last
   * message of this call. Order within a key is that of the calls. Takes a bounded time. Rejects with `send-unconfirmed`
   * (some may be in the log; send again), `send-refused` (for good) or `closed`; then nothing is known of any of them.
   */
  send(topic: string, messages: readonly OutgoingMessage[]): Promise<Map<number, number>>;
  /** Sends what is queued, then closes the connections. */
  close(): Promise<void>;
}
