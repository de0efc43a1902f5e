// A set of 64-bit identities in one typed array: open addressing, 8 bytes a slot, no object for each entry.
// (A JavaScript Set ends at 16.7 million entries and costs 67 bytes each.)
import type { Identity } from '../schemas/identity.ts';

export interface IdentityTable {
  readonly size: number;
  has(identity: Identity): boolean;
  add(identity: Identity): void;
}

export function createIdentityTable(): IdentityTable {
  let slots = new Uint32Array(2 * 1_024);
  let mask = 1_023;
  let used = 0;
  let hasZero = false; // (0, 0) marks a free slot, so it is kept apart

  /** Index of the identity's slot, or of the free one where it belongs. */
  function find(table: Uint32Array, high: number, low: number): number {
    let at = low & mask;
    for (;;) {
      const h = table[2 * at]!;
      const l = table[2 * at + 1]!;
      if ((h === high && l === low) || (h === 0 && l === 0)) return at;
      at = (at + 1) & mask;
    }
  }

  function grow(): void {
    const old = slots;
    mask = mask * 2 + 1;
    slots = new Uint32Array(2 * (mask + 1));
    for (let i = 0; i < old.length; i += 2) {
      const high = old[i]!;
      const low = old[i + 1]!;
      if (high === 0 && low === 0) continue;
      const at = find(slots, high, low);
      slots[2 * at] = high;
      slots[2 * at + 1] = low;
    }
  }

  return {
    get size() {
      return used + (hasZero ? 1 : 0);
    },
    has({ high, low }) {
      if (high === 0 && low === 0) return hasZero;
      const at = find(slots, high, low);
      return slots[2 * at] !== 0 || slots[2 * at + 1] !== 0;
    },
    add({ high, low }) {
      if (high === 0 && low === 0) {
        hasZero = true;
        return;
      }
      const at = find(slots, high, low);
      if (slots[2 * at] !== 0 || slots[2 * at + 1] !== 0) return;
      slots[2 * at] = high;
      slots[2 * at + 1] = low;
      used += 1;
      if (used * 4 > (mask + 1) * 3) grow();
    },
  };
}
