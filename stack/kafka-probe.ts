// Asks a Kafka broker whether it serves: one Metadata request on the wire. A broker answers only once it is registered;
// after a restart its partitions get their leader a moment later, so every partition must have one.
import { probe } from './tcp-probe.ts';

// int32 size, int16 key 3, int16 version 1, int32 correlation id, int16 client id (null), int32 topics (null: all).
const METADATA_REQUEST = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

export async function kafkaServes(port: number, signal: AbortSignal): Promise<boolean> {
  const answer = await probe(port, METADATA_REQUEST, signal, isWholeFrame);
  return allPartitionsAreLed(answer.subarray(8)); // after size and correlation id
}

function isWholeFrame(received: Buffer): boolean {
  return received.length >= 4 && received.length >= 4 + received.readInt32BE(0);
}

/** Metadata response, version 1. */
function allPartitionsAreLed(body: Buffer): boolean {
  let at = 0;
  const take = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  const int16 = (): number => body.readInt16BE(take(2));
  const int32 = (): number => body.readInt32BE(take(4));
  const skipString = (): unknown => take(Math.max(0, int16()));
  const brokers = int32();
  for (let i = 0; i < brokers; i++) {
    int32(); // id
    skipString(); // host
    int32(); // port
    skipString(); // rack
  }
  int32(); // controller
  const topics = int32();
  for (let i = 0; i < topics; i++) {
    if (int16() !== 0) return false;
    skipString(); // name
    take(1); // is internal
    const partitions = int32();
    for (let j = 0; j < partitions; j++) {
      const error = int16();
      int32(); // partition
      if (error !== 0 || int32() < 0) return false;
      take(4 * int32()); // replicas
      take(4 * int32()); // in sync
    }
  }
  return brokers > 0;
}
