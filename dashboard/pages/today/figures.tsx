// The large numbers. Counts are added over currencies; amounts stand by currency, because they are never added.
import { useMemo } from 'preact/hooks';
import type { Integer, Row } from '../../data/answer.ts';
import { definitions, knowsMeasure } from '../../data/definitions.ts';
import { amount, count, minorDigits } from '../../data/format.ts';
import { textIn } from '../../data/groups.ts';
import { go } from '../../data/navigation.ts';
import { toggled } from '../../data/page-state.ts';
import { usePolled } from '../../data/polled.ts';
import { isPassing } from '../../data/problem.ts';
import { queryOf } from '../../data/queries.ts';
import { grainOf } from '../../data/shown.ts';
import { figureOf, summed } from '../../data/sums.ts';
import { comparisonWords } from '../../data/words.ts';
import { BigNumber, Change, FigureBox, Ticking, written } from '../../parts/figure.tsx';
import { notAvailable } from '../../parts/panel.tsx';
import type { TotalsProps } from './totals.ts';

export function Figures(props: TotalsProps) {
  const { state, all, answer, isPending } = props;
  const rows = useMemo(() => byOrders(answer?.rows ?? []), [answer?.rows]);
  const against = comparisonWords(state);
  const counted = (title: string, measure: string) => (
    <FigureBox title={title} query={answer && queryOf(state, { measures: [measure], compare: true }, all)}>
      <BigNumber figure={answer && summed(rows, measure)} text={count} against={against} />
    </FigureBox>
  );
  const money = (title: string, measure: string) => (
    <Amounts {...props} title={title} measure={measure} rows={rows} against={against} />
  );
  const isByOrder = grainOf(state) === 'order';
  return (
    <div class={`figures ${isPending ? 'pending' : ''}`} aria-busy={isPending}>
      {isByOrder ? counted('Orders', 'orders') : <NotByItem title="Orders" />}
      {counted('Units', 'units')}
      {isByOrder && <Customers {...props} against={against} />}
      {isByOrder ? money('Net', 'netMinor') : money('Line totals', 'itemMinor')}
      {isByOrder && money('Average order', 'averageOrderMinor')}
    </div>
  );
}

function byOrders(rows: readonly Row[]): Row[] {
  const size = (row: Row) => Number(row['orders'] ?? row['units'] ?? 0);
  return rows.toSorted((a, b) => size(b) - size(a) || textIn(a, 'currency').localeCompare(textIn(b, 'currency')));
}

function NotByItem({ title }: { title: string }) {
  return (
    <section class="figure" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <p class="in-words">Orders are not counted by category or product. Remove the filter to see them.</p>
    </section>
  );
}

function Amounts(props: TotalsProps & { title: string; measure: string; rows: readonly Row[]; against: string }) {
  const { title, measure, rows, against, answer, money, state, all } = props;
  const query = queryOf(state, { measures: [measure], by: ['currency'], compare: true }, all);
  const digitsOf = (currency: string) => minorDigits(answer?.currencies ?? {}, currency);
  if (rows.length <= 1) {
    const currency = money?.currency ?? '';
    const text = (value: Integer) => amount(value, money?.digits ?? 2);
    return (
      <FigureBox title={title} query={answer && query} class="amounts">
        <BigNumber figure={answer && figureOf(rows[0], measure)} text={text} unit={currency} against={against} />
      </FigureBox>
    );
  }
  return (
    <FigureBox title={title} query={query} class="amounts">
      <table class="by-currency">
        <caption class="unseen">{title} by currency</caption>
        <thead class="unseen">
          <tr>
            <th scope="col">currency</th>
            <th scope="col">now</th>
            <th scope="col">change</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const currency = textIn(row, 'currency');
            const figure = figureOf(row, measure);
            return (
              <tr key={currency}>
                <th scope="row">
                  <button
                    type="button"
                    class="group"
                    title={`Show ${currency} only`}
                    onClick={() => go({ filters: toggled(state.filters, 'currency', currency) })}
                  >
                    {currency}
                  </button>
                </th>
                <td>
                  <Ticking text={written(figure.now, (value) => amount(value, digitsOf(currency)))} />
                </td>
                <td class="table-change">{figure.past !== undefined && <Change figure={figure} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </FigureBox>
  );
}

/** Each customer once over the whole range, so nothing can be added up; where the server counts them. */
function Customers({ state, all, against }: TotalsProps & { against: string }) {
  const isKnown = knowsMeasure('customers');
  const query = queryOf(state, { measures: ['customers'], compare: true }, all);
  const { answer, problem } = usePolled(isKnown ? query : undefined, 2_000).value;
  if (!isKnown && definitions.value) return null;
  const exactUpTo = answer?.estimates?.['customers']?.exactUpTo ?? Infinity;
  const text = (value: Integer) => (value > exactUpTo ? `≈ ${count(value)}` : count(value));
  return (
    <FigureBox title="Customers" query={answer && query}>
      {problem && !answer ? (
        <p class="in-words">{isPassing(problem) ? notAvailable : problem.detail}</p>
      ) : (
        <BigNumber figure={answer && figureOf(answer.rows[0], 'customers')} text={text} against={against} />
      )}
    </FigureBox>
  );
}
