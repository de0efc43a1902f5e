// What stands in a cell for a text that is counted and never shown: 16 hexadecimal digits of its SipHash-2-4 under the
// generation's key, so that nobody without the key can try texts out. sql.ts writes the same in ClickHouse.
import siphash from 'siphash';
import type { HashKey } from './identity.ts';

/** '' for no text. */
export function pseudonymOf(text: string | null, key: HashKey): string {
  if (text === null) return '';
  const { h, l } = siphash.hash(key, Buffer.from(text));
  digest.writeUInt32BE(h >>> 0, 0);
  digest.writeUInt32BE(l >>> 0, 4);
  return digest.toString('hex');
}

/** Written anew by each call. */
const digest = Buffer.alloc(8);
