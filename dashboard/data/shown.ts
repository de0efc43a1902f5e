// Which measure a part shows and how its values are written, given the currency that amounts are in. Pure.
import type { Integer } from './api.ts';
import { amount, count } from './format.ts';
import type { PageState } from './page-state.ts';

/** undefined where amounts of several currencies are asked for. */
export interface Money {
  readonly currency: string;
  readonly digits: number;
}

export interface Shown {
  readonly measure: string;
  readonly title: string;
  readonly text: (value: Integer) => string;
  /** For charts: in whole units. */
  readonly toNumber: (value: Integer) => number;
  /** That something else is shown than was asked for, in words. */
  readonly note?: string;
}

export type Choice = Shown | 'choose-currency';

/** `grain`: orders are not counted by what is in them. */
export function shownBy(state: PageState, money: Money | undefined, grain: 'order' | 'item'): Choice {
  const isMoney = state.measure === 'netMinor';
  if (isMoney && !money) return 'choose-currency';
  if (isMoney && money) {
    const { currency, digits } = money;
    const text = (value: Integer) => `${amount(value, digits)} ${currency}`;
    const toNumber = (value: Integer) => Number(value) / 10 ** digits;
    if (grain === 'order') return { measure: 'netMinor', title: `Net, ${currency}`, text, toNumber };
    const note = 'in line totals: what is given back is not counted by item';
    return { measure: 'itemMinor', title: `Line totals, ${currency}`, text, toNumber, note };
  }
  if (state.measure === 'orders' && grain === 'order')
    return { measure: 'orders', title: 'Orders', text: count, toNumber: Number };
  const note = state.measure === 'orders' ? 'in units: orders are not counted by item' : undefined;
  return { measure: 'units', title: 'Units', text: count, toNumber: Number, ...(note === undefined ? {} : { note }) };
}

/** Items alone are counted by what is in an order. */
export function grainOf({ filters }: PageState): 'order' | 'item' {
  return filters.category || filters.sku ? 'item' : 'order';
}
