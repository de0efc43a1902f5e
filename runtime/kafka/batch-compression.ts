// Inflates the records of one batch, never beyond a bound: a few kilobytes can otherwise become gigabytes.
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';

/** The codec's number in a batch's attributes (bits 0 to 2), by the Kafka protocol guide. */
const CODEC = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

export type Inflated = { kind: 'records'; bytes: Buffer } | { kind: 'too-large' } | { kind: 'unknown-codec' };

/** Throws whatever the codec throws on damaged input. `limitBytes` bounds the result, and so the memory taken. */
export function inflateRecords(codec: number, compressed: Buffer, limitBytes: number): Inflated {
  switch (codec) {
    case CODEC.none:
      return { kind: 'records', bytes: compressed };
    case CODEC.gzip:
      return zlibBounded(() => gunzipSync(compressed, { maxOutputLength: limitBytes }));
    case CODEC.zstd:
      return zlibBounded(() => zstdDecompressSync(compressed, { maxOutputLength: limitBytes }));
    // The WASM codecs take no bound, so their frames are measured first.
    case CODEC.snappy:
      if (snappySize(compressed) > limitBytes) return { kind: 'too-large' };
      return { kind: 'records', bytes: compressionsAlgorithms.snappy.decompressSync(compressed) };
    case CODEC.lz4:
      if (lz4SizeAtMost(compressed) > limitBytes) return { kind: 'too-large' };
      return { kind: 'records', bytes: compressionsAlgorithms.lz4.decompressSync(compressed) };
    default:
      return { kind: 'unknown-codec' };
  }
}

function zlibBounded(inflate: () => Buffer): Inflated {
  try {
    return { kind: 'records', bytes: inflate() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too-large' };
    throw error;
  }
}

const XERIAL_MAGIC = Buffer.from('\x82SNAPPY\0', 'latin1');
const XERIAL_HEADER_BYTES = 16;

/** Raw snappy starts with its inflated size as a varint; the Java client frames it in chunks (xerial), each with its own. */
function snappySize(bytes: Buffer): number {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return rawSnappySize(bytes, 0);
  let total = 0;
  for (let at = XERIAL_HEADER_BYTES; at + 4 <= bytes.length; ) {
    total += rawSnappySize(bytes, at + 4);
    at += 4 + bytes.readUInt32BE(at);
  }
  return total;
}

function rawSnappySize(bytes: Buffer, at: number): number {
  let size = 0;
  for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
    const byte = bytes[at++] ?? 0;
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  return size;
}

const LZ4_MAX_EXPANSION = 255;

/** Upper bound from the frame's block list (LZ4 frame format 1.6): no block inflates beyond the frame's block size. */
function lz4SizeAtMost(bytes: Buffer): number {
  const flags = bytes[4] ?? 0;
  const blockBytes = 2 ** (8 + 2 * (((bytes[5] ?? 0) >> 4) & 7));
  const blockChecksumBytes = flags & 0x10 ? 4 : 0;
  const contentSizeBytes = flags & 0x08 ? 8 : 0;
  const dictionaryIdBytes = flags & 0x01 ? 4 : 0;
  let total = 0;
  for (let at = 7 + contentSizeBytes + dictionaryIdBytes; at + 4 <= bytes.length; ) {
    const word = bytes.readUInt32LE(at);
    const storedBytes = word & 0x7fff_ffff;
    if (word === 0) break;
    total += word >= 0x8000_0000 ? storedBytes : Math.min(blockBytes, storedBytes * LZ4_MAX_EXPANSION);
    at += 4 + storedBytes + blockChecksumBytes;
  }
  return total;
}
