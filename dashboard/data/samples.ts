// What the pipeline page remembers of the last minutes, and the rates between two looks. Pure.
import type { Status } from './pipeline.ts';

export interface Sample {
  readonly atMs: number;
  /** By partition: what is live, and where the log ends; null while that is unknown. */
  readonly vector: readonly number[];
  readonly ends: readonly (number | null)[];
  readonly deadLetters: number | null;
  /** Records live that no batch run has counted. */
  readonly waiting: number;
}

export const sampleEveryMs = 2_000;
/** Four minutes. */
export const keptSamples = 121;
/** Two looks further apart than this have no rate between them: the page was hidden, or the server away. */
const maxGapMs = 3 * sampleEveryMs;

export function sampleOf({ partitions, deadLetters }: Status, atMs: number): Sample {
  return {
    atMs,
    vector: partitions.map(({ vector }) => vector),
    ends: partitions.map(({ end }) => end),
    deadLetters: deadLetters?.total ?? null,
    waiting: partitions.reduce((sum, { vector, tidemark }) => sum + vector - tidemark, 0),
  };
}

export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  return [...samples, sample].slice(-keptSamples);
}

const total = (offsets: readonly (number | null)[]): number | null =>
  offsets.reduce<number | null>((sum, offset) => (sum === null || offset === null ? null : sum + offset), 0);

export interface Rates {
  readonly atMs: number;
  /** Records a second. null: not known. */
  readonly accepted: number | null;
  readonly counted: number | null;
  /** Records that are in the log and not live. */
  readonly behind: number | null;
  /** New since the look before. */
  readonly deadLetters: number | null;
}

/** One for each sample, the first without rates; negative steps (a server set back) are unknown. */
export function ratesOf(samples: readonly Sample[]): Rates[] {
  return samples.map((sample, i) => {
    const before = samples[i - 1];
    const ms = before ? sample.atMs - before.atMs : Number.POSITIVE_INFINITY;
    const grown = (of: (sample: Sample) => number | null): number | null => {
      const [was, now] = [before ? of(before) : null, of(sample)];
      return was === null || now === null || now < was || ms > maxGapMs ? null : now - was;
    };
    const aSecond = (records: number | null) => (records === null ? null : Math.round((records * 10_000) / ms) / 10);
    const [end, live] = [total(sample.ends), total(sample.vector)];
    return {
      atMs: sample.atMs,
      accepted: aSecond(grown(({ ends }) => total(ends))),
      counted: aSecond(grown(({ vector }) => total(vector))),
      behind: end === null || live === null ? null : Math.max(0, end - live),
      deadLetters: grown(({ deadLetters }) => deadLetters),
    };
  });
}

const unknownRates = { accepted: null, counted: null, behind: null };
const stepOf = (atMs: number): number => Math.floor(atMs / sampleEveryMs);

/**
 * The last four minutes in even steps up to the last look, as the charts' common axis needs them: looks come late, or not at
 * all while the page is hidden. A look tells of the time since the one before, where that is not too long ago.
 */
export function ratesByTime(samples: readonly Sample[]): Rates[] {
  const rates = ratesOf([...new Map(samples.map((sample) => [stepOf(sample.atMs), sample])).values()]);
  const first = stepOf(samples.at(-1)?.atMs ?? 0) - keptSamples + 1;
  return Array.from({ length: keptSamples }, (_, i) => {
    const step = first + i;
    const at = rates.findIndex(({ atMs }) => stepOf(atMs) >= step);
    const [look, before] = [rates[at], rates[at - 1]];
    const place = { atMs: step * sampleEveryMs };
    if (look && stepOf(look.atMs) === step) return { ...look, ...place };
    const isSeen = look && before && look.atMs - before.atMs <= maxGapMs;
    return { ...(isSeen ? look : unknownRates), ...place, deadLetters: null };
  });
}

/** Partitions that have records waiting and have not moved for that long, as far as the samples reach. */
export function standingStill(samples: readonly Sample[], forMs: number): number[] {
  const now = samples.at(-1);
  const then = now && samples.findLast(({ atMs }) => now.atMs - atMs >= forMs);
  if (!then) return [];
  return now.vector.flatMap((offset, p) => {
    const [end, endThen] = [now.ends[p] ?? null, then.ends[p] ?? null];
    const waits = end !== null && end > offset && endThen !== null && endThen > offset;
    return waits && then.vector[p] === offset ? [p] : [];
  });
}

/** The first look, of those without a break, that found that partition where it is now. */
export function stillSinceMs(samples: readonly Sample[], partition: number): number {
  const offset = samples.at(-1)?.vector[partition];
  const moved = samples.findLastIndex(
    ({ vector, ends }) => vector[partition] !== offset || (ends[partition] ?? 0) <= vector[partition]!,
  );
  return samples[moved + 1]?.atMs ?? 0;
}

/** For how long, at least, records have been waiting for a batch run. */
export function waitingMs(samples: readonly Sample[]): number {
  const now = samples.at(-1);
  const lastIdle = samples.findLastIndex(({ waiting }) => waiting === 0);
  const since = samples[lastIdle + 1];
  return now && since ? now.atMs - since.atMs : 0;
}
