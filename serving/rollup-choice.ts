// Which rollups answer a query: the smallest that holds all of it; where none does, several together, each measure from the
// smallest that holds it. Pure.
import { badParameter } from '../runtime/problem.ts';
import { basesOf, type Definition, distinctOf, goesBy, type Rollup } from '../schemas/definition.ts';
import { asksMoney, moneyDimension } from './measures.ts';
import type { Query } from './query.ts';

/** What is read of one rollup. */
export interface RollupRead {
  readonly rollup: Rollup;
  readonly rollupIndex: number;
  /** Base measures to sum, in the rollup's order. */
  readonly bases: readonly string[];
  /** Hidden dimensions whose values are counted, in the rollup's order. */
  readonly distinct: readonly string[];
}

/** Rollups that hold a query together. All that it begins and ends with lies on the widest of their windows. */
export interface RollupChoice {
  readonly reads: readonly RollupRead[];
  readonly grainMs: number;
}

const fixedMs = { minute: 60_000, '15m': 900_000 };

/** What can answer, the best first; throws a 400 problem where nothing can. */
export function rollupChoices(query: Query, definition: Definition): RollupChoice[] {
  const asked = askOf(query, definition);
  const fitting = smallestFirst(definition.rollups.filter((rollup) => asked.fits(rollup)));
  const whole = fitting.filter((rollup) => asked.needs.every((need) => holds(definition, rollup, need)));
  if (whole.length > 0) return whole.map((rollup) => choose(definition, asked.needs, () => rollup));
  // Groups of several rollups meet by their values: where amounts are split by currency, so is all else.
  const split = asksMoney(definition, query);
  const parts = split ? fitting.filter(({ dimensions }) => dimensions.includes(moneyDimension)) : fitting;
  const grains = [...new Set(parts.map(({ windowMs }) => windowMs))].toSorted((a, b) => b - a);
  const several = grains.flatMap((grain) => {
    const among = parts.filter(({ windowMs }) => windowMs <= grain);
    const rollupOf = (need: string) => among.find((rollup) => holds(definition, rollup, need));
    return asked.needs.every(rollupOf) ? [choose(definition, asked.needs, (need) => rollupOf(need)!)] : [];
  });
  if (several.length === 0) throw unanswerable(query, definition, asked);
  return several;
}

interface Asked {
  /** Base measures and distinct ones. */
  readonly needs: readonly string[];
  /** Dimensions that it groups or filters by. */
  readonly used: readonly string[];
  readonly time: Rollup['time'];
  /** Of its windows, where they have one length. */
  readonly widestMs: number;
  fits(rollup: Rollup): boolean;
}

function askOf(query: Query, definition: Definition): Asked {
  const { measures, by, where, not, window, attribution } = query;
  const used = [...new Set([...by, ...Object.keys(where), ...Object.keys(not)])];
  const time = attribution === 'event' ? 'occurredAt' : 'placedAt';
  const widestMs = window === 'minute' || window === '15m' ? fixedMs[window] : Number.POSITIVE_INFINITY;
  return {
    needs: [
      ...new Set(measures.flatMap((name) => (distinctOf(definition, name) ? [name] : basesOf(definition, name)))),
    ],
    used,
    time,
    widestMs,
    fits: (rollup) =>
      rollup.windowMs <= widestMs && goesBy(rollup, time) && used.every((d) => rollup.dimensions.includes(d)),
  };
}

function holds(definition: Definition, { dimensions, measures }: Rollup, need: string): boolean {
  const dimension = distinctOf(definition, need);
  return dimension === undefined ? measures.includes(need) : dimensions.includes(dimension);
}

/** Fewer dimensions, then orders before items, then wider windows. */
function smallestFirst(rollups: readonly Rollup[]): Rollup[] {
  const grains = ['order', 'item'];
  return rollups.toSorted(
    (a, b) =>
      a.dimensions.length - b.dimensions.length ||
      grains.indexOf(a.grain) - grains.indexOf(b.grain) ||
      b.windowMs - a.windowMs,
  );
}

function choose(definition: Definition, needs: readonly string[], rollupOf: (need: string) => Rollup): RollupChoice {
  const reads = [...Map.groupBy(needs, rollupOf)].map(([rollup, own]) => ({
    rollup,
    rollupIndex: definition.rollups.indexOf(rollup),
    bases: rollup.measures.filter((name) => own.includes(name)),
    distinct: rollup.dimensions.filter((name) => own.some((need) => distinctOf(definition, need) === name)),
  }));
  return { reads, grainMs: Math.max(...reads.map(({ rollup }) => rollup.windowMs)) };
}

/** Names what the measures would need that no rollup holds: dimensions, the attribution or windows as narrow. */
function unanswerable(query: Query, definition: Definition, { needs, used, time, widestMs }: Asked) {
  const { rollups } = definition;
  const without = (fits: (rollup: Rollup) => boolean) =>
    needs.filter((need) => !rollups.some((rollup) => holds(definition, rollup, need) && fits(rollup)));
  const needed = (names: readonly string[]) => `a rollup by ${time} of [${used.join(', ')}] with ${names.join(', ')}`;
  const hasUsed = ({ dimensions }: Rollup) => used.every((name) => dimensions.includes(name));
  const apart = without(hasUsed);
  if (apart.length > 0) {
    const expected = `what a rollup holds; it would take ${needed(apart)}`;
    return badParameter('unanswerable', 'measures', query.measures.join(','), expected);
  }
  const timed = (rollup: Rollup) => hasUsed(rollup) && goesBy(rollup, time);
  const untimed = without(timed);
  if (untimed.length > 0) {
    const expected = `the other attribution; it would take ${needed(untimed)}`;
    return badParameter('unanswerable', 'attribution', query.attribution, expected);
  }
  const wide = without((rollup) => timed(rollup) && rollup.windowMs <= widestMs);
  const least = wide.map((need) =>
    Math.min(
      ...rollups.filter((rollup) => holds(definition, rollup, need) && timed(rollup)).map(({ windowMs }) => windowMs),
    ),
  );
  const expected = `windows of at least ${Math.max(...least) / 60_000} minutes, or ${needed(wide)} by ${query.window}`;
  return badParameter('unanswerable', 'window', query.window, expected);
}
