// The query whose answer is streamed, and what its rows say.
import type { ClientQuery } from '../../../api/client.ts';
import type { Answer } from '../../data/answer.ts';
import { textIn } from '../../data/groups.ts';
import type { Nothing } from '../../data/nothing.ts';
import type { Extent, PageState } from '../../data/page-state.ts';
import { usePolled } from '../../data/polled.ts';
import { queryOf } from '../../data/queries.ts';
import { grainOf, type Money } from '../../data/shown.ts';

/** What all parts of the page are given. */
export interface TodayProps {
  readonly state: PageState;
  /** Of all data, where it is known. */
  readonly all: Extent | undefined;
  /** Where all amounts are in one currency. */
  readonly money: Money | undefined;
  readonly currencies: readonly string[];
  /** Where there is nothing in the range. */
  readonly nothing: Nothing | undefined;
}

export interface TotalsProps extends TodayProps {
  readonly query: ClientQuery;
  readonly answer: Answer | undefined;
  /** Why it is held against nothing; else ''. */
  readonly note: string;
  /** The answer is of an earlier question. */
  readonly isPending: boolean;
}

const orderMeasures = [
  'orders',
  'units',
  'grossMinor',
  'netMinor',
  'averageOrderMinor',
  'cancelledOrders',
  'cancelledMinor',
  'refunds',
  'refundedMinor',
];

export function totalsQuery(state: PageState, all: Extent | undefined): ClientQuery {
  const measures = grainOf(state) === 'order' ? orderMeasures : ['units', 'itemMinor'];
  return queryOf(state, { measures, by: ['currency'], compare: true }, all);
}

/** That occur in the range, whichever of them are chosen. */
export function useCurrencies(state: PageState, all: Extent | undefined): string[] {
  const query = queryOf(state, { measures: ['units'], by: ['currency'], beside: 'currency' }, all);
  const rows = usePolled(query, 30_000).value.answer?.rows ?? [];
  return rows.map((row) => textIn(row, 'currency')).toSorted();
}
