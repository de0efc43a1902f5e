// How many different values were counted, from their 64-bit hashes: a function of the set of hashes alone, whatever the parts
// and the order in which they met. Up to 4,096 the hashes themselves; beyond, HyperLogLog registers of the same hashes, which
// merge by max (Flajolet, Fusy, Gandouet, Meunier 2007), with p = 14 and the improved raw estimator of Ertl 2017 ("New
// cardinality estimation algorithms for HyperLogLog sketches", arXiv 1702.01284), which needs no correction tables.
// batch-part.ts makes the same registers in ClickHouse. Pure.

/** The greatest number that is exact. */
export const exactUpTo = 4_096;

export const bucketBits = 14;
export const registerCount = 1 << bucketBits;
/** What is left of a hash beside its bucket: ranks go from 1 to one more. */
export const rankBits = 64 - bucketBits;

/** Of a number above `exactUpTo`: 1.04 / √16,384. */
export const standardError = Math.round(10_000 * (1.04 / Math.sqrt(registerCount))) / 10_000;

/** The most that a set weighs, in bytes: registers are a byte each. */
const maxBytes = registerCount;
const hashBytes = 8;

const noSlots = new Uint32Array(0);

/**
 * A set of hashes; it grows only. Two sets may share their memory until one of them grows, so taking a large set over
 * costs nothing.
 */
export class DistinctSet {
  /** Open addressing: two words a hash, high and low; 0, 0 is free. Empty once there are registers. */
  #slots = noSlots;
  /** Of the hashes, while they are held one by one. */
  #size = 0;
  #hasZero = false;
  #registers: Uint8Array | undefined;
  #isShared = false;

  /** `hex`: 16 digits a hash, one after the other. */
  static ofHex(hex: string): DistinctSet {
    const set = new DistinctSet();
    const bytes = Buffer.from(hex, 'hex');
    if (bytes.length * 2 !== hex.length || bytes.length % hashBytes !== 0) throw new RangeError('these are no hashes');
    for (let at = 0; at < bytes.length; at += hashBytes) set.add(bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4));
    return set;
  }

  /** Of more than `exactUpTo` hashes: a character each register, its code 48 and the rank. */
  static ofRegisters(text: string): DistinctSet {
    const registers = Uint8Array.from(text, (character) => character.charCodeAt(0) - 48);
    if (registers.length !== registerCount || registers.some((rank) => rank > rankBits + 1)) {
      throw new RangeError('these are no registers');
    }
    const set = new DistinctSet();
    set.#registers = registers;
    return set;
  }

  /** Unsigned 32-bit halves of a hash. */
  add(high: number, low: number): void {
    if (this.#registers) return raise(this.#ownRegisters(), high, low);
    if (high === 0 && low === 0) {
      if (this.#hasZero) return;
      this.#hasZero = true;
      this.#size += 1;
    } else {
      const capacity = this.#slots.length / 2;
      if ((this.#size + 1) * 4 > capacity * 3) this.#grow(Math.max(4, capacity * 2));
      const slots = this.#slots;
      const at = slotOf(slots, high, low);
      if (slots[at] === high && slots[at + 1] === low) return;
      this.#own();
      this.#slots[at] = high;
      this.#slots[at + 1] = low;
      this.#size += 1;
    }
    if (this.#size > exactUpTo) this.#toRegisters();
  }

  /** 16 hexadecimal digits. */
  addHex(hash: string): void {
    this.add(Number.parseInt(hash.slice(0, 8), 16), Number.parseInt(hash.slice(8), 16));
  }

  /** Adds whatever `other` holds; `other` stays as it is. */
  addAll(other: DistinctSet): void {
    if (other.#size === 0 && !other.#registers) return;
    if (this.#size === 0 && !this.#registers) return this.#takeOver(other);
    if (this.#registers && other.#registers) return merge(this.#ownRegisters(), other.#registers);
    if (this.#registers || (!other.#registers && other.#size <= this.#size)) return this.#addEach(other);
    const own = new DistinctSet();
    own.#takeOver(this);
    this.#takeOver(other);
    this.#addEach(own);
  }

  /** Exact up to `exactUpTo`; an estimate is above it. Never falls as hashes are added. */
  count(): bigint {
    if (!this.#registers) return BigInt(this.#size);
    const estimate = Math.min(estimateOf(this.#registers), Number.MAX_SAFE_INTEGER);
    return BigInt(Math.max(exactUpTo + 1, Math.round(estimate)));
  }

  /** A measure of the memory that it takes, from the set alone; never falls as hashes are added. */
  bytes(): number {
    return this.#registers ? maxBytes : Math.min(maxBytes, this.#size * hashBytes);
  }

  #takeOver(other: DistinctSet): void {
    this.#slots = other.#slots;
    this.#size = other.#size;
    this.#hasZero = other.#hasZero;
    this.#registers = other.#registers;
    this.#isShared = other.#isShared = true;
  }

  #addEach(other: DistinctSet): void {
    if (other.#hasZero) this.add(0, 0);
    const slots = other.#slots;
    for (let at = 0; at < slots.length; at += 2) {
      if (slots[at] !== 0 || slots[at + 1] !== 0) this.add(slots[at]!, slots[at + 1]!);
    }
  }

  #own(): void {
    if (!this.#isShared) return;
    this.#slots = this.#slots.slice();
    this.#registers = this.#registers?.slice();
    this.#isShared = false;
  }

  #ownRegisters(): Uint8Array {
    this.#own();
    return this.#registers!;
  }

  #grow(capacity: number): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(capacity * 2);
    this.#isShared = false;
    for (let from = 0; from < before.length; from += 2) {
      const [high, low] = [before[from]!, before[from + 1]!];
      if (high === 0 && low === 0) continue;
      const at = slotOf(this.#slots, high, low);
      this.#slots[at] = high;
      this.#slots[at + 1] = low;
    }
  }

  #toRegisters(): void {
    const hashes = new DistinctSet();
    hashes.#takeOver(this);
    this.#slots = noSlots;
    this.#size = 0;
    this.#hasZero = false;
    this.#isShared = false;
    this.#registers = new Uint8Array(registerCount);
    this.#addEach(hashes);
  }
}

/** Where the hash is, or would be: there is always a free slot. */
function slotOf(slots: Uint32Array, high: number, low: number): number {
  const mask = slots.length - 2;
  let at = (low << 1) & mask;
  while ((slots[at] !== high || slots[at + 1] !== low) && (slots[at] !== 0 || slots[at + 1] !== 0))
    at = (at + 2) & mask;
  return at;
}

/** The lowest 14 bits are the bucket; the rank is the place of the lowest 1 in the others, one beyond them for none. */
function raise(registers: Uint8Array, high: number, low: number): void {
  const bucket = low & (registerCount - 1);
  const middle = (low >>> bucketBits) | (high << (32 - bucketBits));
  const top = high >>> bucketBits;
  const rank = middle !== 0 ? placeOf(middle) : top !== 0 ? 32 + placeOf(top) : rankBits + 1;
  if (rank > registers[bucket]!) registers[bucket] = rank;
}

/** Of the lowest 1, counted from 1. */
function placeOf(word: number): number {
  return 32 - Math.clz32(word & -word);
}

function merge(into: Uint8Array, from: Uint8Array): void {
  for (let i = 0; i < registerCount; i += 1) if (from[i]! > into[i]!) into[i] = from[i]!;
}

/** Ertl 2017, algorithm 6. */
function estimateOf(registers: Uint8Array): number {
  const counts = new Float64Array(rankBits + 2);
  for (const rank of registers) counts[rank]! += 1;
  let z = registerCount * tau(1 - counts[rankBits + 1]! / registerCount);
  for (let rank = rankBits; rank >= 1; rank -= 1) z = 0.5 * (z + counts[rank]!);
  z += registerCount * sigma(counts[0]! / registerCount);
  return registerCount ** 2 / (2 * Math.LN2 * z);
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let [x, y, z, before] = [share, 1, share, -1];
  while (z !== before) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let [x, y, z, before] = [share, 1, 1 - share, -1];
  while (z !== before) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
