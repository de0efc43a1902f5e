// Which partition a key belongs to: murmur2, as Java's and kafkajs's default partitioner have it.
// Said explicitly in each message, because the writer must know how many of its messages went where.

/** Source: org.apache.kafka.common.utils.Utils.murmur2, in 32-bit integers. */
export function partitionOfKey(key: string | Buffer, partitions: number): number {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key;
  return (murmur2(bytes) & 0x7fff_ffff) % partitions;
}

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

function murmur2(bytes: Buffer): number {
  let hash = SEED ^ bytes.length;
  const words = bytes.length & ~3;
  for (let at = 0; at < words; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), M);
    word = Math.imul(word ^ (word >>> 24), M);
    hash = Math.imul(hash, M) ^ word;
  }
  const left = bytes.length - words;
  if (left > 2) hash ^= bytes.readUInt8(words + 2) << 16;
  if (left > 1) hash ^= bytes.readUInt8(words + 1) << 8;
  if (left > 0) hash = Math.imul(hash ^ bytes.readUInt8(words), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
