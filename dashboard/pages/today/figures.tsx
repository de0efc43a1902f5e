// The large numbers. Counts are added over currencies; amounts stand by currency, because they are never added.
import type { ComponentChildren } from 'preact';
import type { Integer, Row } from '../../data/answer.ts';
import { askingWords } from '../../data/asking.ts';
import { definitions, knowsMeasure } from '../../data/definitions.ts';
import { amount, count, listed, minorDigits, share } from '../../data/format.ts';
import { comparable, textIn } from '../../data/groups.ts';
import { connection } from '../../data/live.ts';
import { go } from '../../data/navigation.ts';
import { toggled } from '../../data/page-state.ts';
import { usePolled } from '../../data/polled.ts';
import { isPassing } from '../../data/problem.ts';
import { queryOf } from '../../data/queries.ts';
import { grainOf } from '../../data/shown.ts';
import { figureOf, summed } from '../../data/sums.ts';
import { wholeExtent } from '../../data/status.ts';
import { comparisonWords, dimensionNames } from '../../data/words.ts';
import { BigNumber, Change, FigureBox, noData, Ticking, written } from '../../parts/figure.tsx';
import { RemoveFilters } from './remove-filters.tsx';
import type { TotalsProps } from './totals.ts';

export function Figures(props: TotalsProps) {
  const { state, all, answer, isPending, note, nothing } = props;
  const rows = answer?.rows ?? [];
  const filters = (['category', 'sku'] as const).filter((name) => state.filters[name]);
  const what = listed(filters.map((name) => dimensionNames[name].toLowerCase()));
  const no = (title: string) => <NotByItem title={title} what={what} />;
  const isUnknown = nothing?.isUnknown ?? false;
  const against = isUnknown ? noData : note || comparisonWords(state);
  const held = { against, isTold: isUnknown || note !== '' };
  const counted = (title: string, measure: string) => (
    <FigureBox title={title} query={answer && queryOf(state, { measures: [measure], compare: true }, all)}>
      <BigNumber figure={isUnknown ? undefined : answer && summed(rows, measure)} text={count} {...held} />
    </FigureBox>
  );
  const money = (title: string, measure: string) => (
    <Amounts {...props} title={title} measure={measure} rows={rows} {...held} />
  );
  const isByOrder = grainOf(state) === 'order';
  return (
    <div class={`figures ${isPending ? 'pending' : ''}`} aria-busy={isPending}>
      {isByOrder ? (
        counted('Orders', 'orders')
      ) : (
        <NotByItem title="Orders" what={what}>
          <RemoveFilters state={state} names={filters} />
        </NotByItem>
      )}
      {counted('Units', 'units')}
      {isByOrder ? <Customers {...props} {...held} /> : no('Customers')}
      {isByOrder ? money('Net', 'netMinor') : money('Line totals', 'itemMinor')}
      {isByOrder ? money('Average order, as placed', 'averageOrderMinor') : no('Average order')}
    </div>
  );
}

function NotByItem({ title, what, children }: { title: string; what: string; children?: ComponentChildren }) {
  return (
    <section class="figure" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <p class="in-words">Not counted by {what}.</p>
      {children}
    </section>
  );
}

interface Held {
  readonly against: string;
  readonly isTold: boolean;
}

function Amounts(props: TotalsProps & { title: string; measure: string; rows: readonly Row[] } & Held) {
  const { title, measure, rows, against, isTold, answer, money, state, all } = props;
  const query = queryOf(state, { measures: [measure], by: ['currency'], compare: true }, all);
  const digitsOf = (currency: string) => minorDigits(answer?.currencies ?? {}, currency);
  if (rows.length <= 1) {
    const currency = money?.currency ?? '';
    const text = (value: Integer) => amount(value, money?.digits ?? 2);
    return (
      <FigureBox title={title} query={answer && query} class="amounts">
        <BigNumber
          figure={answer && figureOf(rows[0], measure)}
          text={text}
          unit={currency}
          against={against}
          isTold={isTold}
        />
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
      {isTold && <p class="versus">{against}</p>}
    </FigureBox>
  );
}

/** Each customer once over the whole range, so nothing can be added up; where the server counts them. */
function Customers({ state, all, ...held }: TotalsProps & Held) {
  const isKnown = knowsMeasure('customers');
  const query = queryOf(state, { measures: ['customers'], compare: true }, all);
  const polled = usePolled(isKnown ? query : undefined, 2_000).value;
  const { problem } = polled;
  const { answer } = comparable(polled.answer, wholeExtent.value?.from);
  if (!isKnown && definitions.value) return null;
  const { exactUpTo = Infinity, standardError = 0 } = answer?.estimates?.['customers'] ?? {};
  const text = (value: Integer) => (value > exactUpTo ? `≈ ${count(value)}` : count(value));
  return (
    <FigureBox title="Customers" query={answer && query} hint={`≈: an estimate, ± ${share(standardError)}`}>
      {problem && !answer ? (
        <p class="in-words">{isPassing(problem) ? askingWords(connection.value, problem) : problem.detail}</p>
      ) : (
        <BigNumber
          figure={held.against === noData ? undefined : answer && figureOf(answer.rows[0], 'customers')}
          text={text}
          {...held}
        />
      )}
    </FigureBox>
  );
}
