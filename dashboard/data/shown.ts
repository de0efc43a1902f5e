// Which measure a part shows and how its values are written, given the currency that amounts are in. Pure.
import type { Integer } from './answer.ts';
import { amount, compact, count } from './format.ts';
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
  /** Without the currency, which the title tells. */
  readonly plainText: (value: Integer) => string;
  /** Where there is little room: 1.2k, without the currency. */
  readonly shortText: (value: Integer) => string;
  /** For charts: in whole units. */
  readonly toNumber: (value: Integer) => number;
  /** That something else is shown than was asked for, in words. */
  readonly note?: string;
}

/** Amounts of several currencies are never added: one must be chosen before anything is shown. */
export function needsCurrency(state: PageState, money: Money | undefined): boolean {
  return state.measure === 'netMinor' && !money;
}

/** `grain`: orders are not counted by what is in them. `money`: known, unless no amounts are shown. */
export function shownBy(state: PageState, money: Money | undefined, grain: 'order' | 'item'): Shown {
  if (state.measure === 'netMinor' && money) {
    const { currency, digits } = money;
    const plainText = (value: Integer) => amount(value, digits);
    const text = (value: Integer) => `${plainText(value)} ${currency}`;
    const toNumber = (value: Integer) => Number(value) / 10 ** digits;
    const shortText = (value: Integer) => compact(toNumber(value));
    if (grain === 'order')
      return { measure: 'netMinor', title: `Net, ${currency}`, text, plainText, shortText, toNumber };
    const note =
      'Line totals: without what an order charges beside its lines, as shipping; before cancellations and refunds.';
    return { measure: 'itemMinor', title: `Line totals, ${currency}`, text, plainText, shortText, toNumber, note };
  }
  if (state.measure === 'orders' && grain === 'order')
    return { measure: 'orders', title: 'Orders', text: count, plainText: count, shortText: compact, toNumber: Number };
  const note = state.measure === 'orders' ? 'In units: orders are not counted by category or product.' : undefined;
  return {
    measure: 'units',
    title: 'Units',
    text: count,
    plainText: count,
    shortText: compact,
    toNumber: Number,
    ...(note === undefined ? {} : { note }),
  };
}

/** The state whose queries are all in the currency that amounts are shown in, also where a query looks beyond the filters. */
export function inCurrency(state: PageState, money: Money | undefined): PageState {
  if (!money || state.measure !== 'netMinor') return state;
  return { ...state, filters: { ...state.filters, currency: [money.currency] } };
}

/** Items alone are counted by what is in an order. */
export function grainOf({ filters }: PageState): 'order' | 'item' {
  return filters.category || filters.sku ? 'item' : 'order';
}
