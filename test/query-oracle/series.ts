// Ranks the groups of a query, keeps as many as it asks for and adds up the rest. Pure.
import type { AskedQuery } from './asked-query.ts';
import { asksMoney, type Fact, measures } from './measures.ts';

export interface Cell {
  readonly present: Fact[];
  readonly past: Fact[];
}

/** All windows of one group. */
export interface Series {
  /** By dimension of the query; null in the rest. */
  readonly values: readonly (string | null)[];
  readonly isOther: boolean;
  /** By index of the window. */
  readonly cells: Map<number, Cell>;
}

/** Or why they have no order: code and field. */
export function chooseGroups(asked: AskedQuery, groups: readonly Series[]): Series[] | string {
  const { by = [], order = [], limit, other } = asked;
  const moneyAt = by.indexOf('currency');
  const keys = order.filter((key) => !key.endsWith('windowStart')).map((key) => key.replace('-', ''));
  const money = keys.findIndex((name) => measures[name]?.unit === 'minor');
  const isMixed = moneyAt >= 0 && new Set(groups.map(({ values }) => values[moneyAt])).size > 1;
  if (isMixed && money >= 0 && !keys.slice(0, money).includes('currency')) return 'mixed-currencies order';

  const ranked = groups.map((one) => ({ one, ranks: ranksOf(asked, one) }));
  ranked.sort((a, b) => {
    for (const [i, { value, sign }] of a.ranks.entries()) {
      const rival = b.ranks[i]!.value;
      if (value === rival) continue;
      if (value === null || rival === null) return value === null ? 1 : -1;
      return (value < rival ? -1 : 1) * sign;
    }
    return 0;
  });
  const chosen = ranked.map(({ one }) => one);
  const rest = chosen.splice(limit ?? chosen.length);
  if (!other) return chosen;
  const at = asksMoney(asked) ? moneyAt : -1;
  const others = Map.groupBy(rest, ({ values }) => values[at] ?? '');
  for (const currency of [...others.keys()].toSorted()) {
    const values = by.map((_, i) => (i === at ? currency : null));
    chosen.push({ values, isOther: true, cells: together(others.get(currency)!) });
  }
  return chosen;
}

/** By what the query orders, then by the values of its dimensions. */
function ranksOf({ by = [], order = [] }: AskedQuery, { values, cells }: Series) {
  const facts = [...cells.values()].flatMap(({ present }) => present);
  return [...order.filter((key) => !key.endsWith('windowStart')), ...by].map((key) => {
    const name = key.replace('-', '');
    const sign = key.startsWith('-') ? -1 : 1;
    if (by.includes(name)) return { value: values[by.indexOf(name)]!, sign };
    const [of, per] = measures[name]!.value(facts);
    return { value: per === 0 ? null : of / per, sign };
  });
}

function together(some: readonly Series[]): Map<number, Cell> {
  const cells = new Map<number, Cell>();
  for (const [index, { present, past }] of some.flatMap((one) => [...one.cells])) {
    const cell = cells.get(index) ?? { present: [], past: [] };
    cells.set(index, { present: [...cell.present, ...present], past: [...cell.past, ...past] });
  }
  return cells;
}
