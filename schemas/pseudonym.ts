// What stands in a cell for a text that is counted and never shown: 16 hexadecimal digits of its SipHash-2-4 under the
// generation's key, so that nobody without the key can try texts out. sql.ts writes the same in ClickHouse.
import siphash from 'siphash';
import type { HashKey } from './identity.ts';

/** '' for no text. */
export function pseudonymOf(text: string | null, key: HashKey): string {
  if (text === null) return '';
  const { h, l } = siphash.hash(key, Buffer.from(text));
  return hex(h) + hex(l);
}

const hex = (half: number) => (half >>> 0).toString(16).padStart(8, '0');
