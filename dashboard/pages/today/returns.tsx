// What was given back: cancellations and refunds, as counts, as amounts by currency, and as a share of the orders.
import type { Row } from '../../data/answer.ts';
import { amount, count, minorDigits, share } from '../../data/format.ts';
import { textIn } from '../../data/groups.ts';
import { figureOf, summed } from '../../data/sums.ts';
import { comparisonWords } from '../../data/words.ts';
import { Change, Ticking, written } from '../../parts/figure.tsx';
import { Panel } from '../../parts/panel.tsx';
import type { TotalsProps } from './totals.ts';

const kinds = [
  { name: 'Cancelled', counted: 'cancelledOrders', given: 'cancelledMinor' },
  { name: 'Refunded', counted: 'refunds', given: 'refundedMinor' },
] as const;

export function Returns({ state, answer, query, isPending, note, nothing }: TotalsProps) {
  const rows = answer?.rows ?? [];
  const orders = Number(summed(rows, 'orders').now ?? 0);
  return (
    <Panel
      class="given-back"
      title="Cancellations and refunds"
      subtitle={note || (comparisonWords(state) && `against ${comparisonWords(state)}`)}
      query={query}
      isLoading={answer === undefined}
      isPending={isPending}
      nothing={nothing?.words}
    >
      <table class="returns">
        <thead>
          <tr>
            <td />
            {kinds.map(({ name }) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">how many</th>
            {kinds.map(({ counted }) => {
              const figure = summed(rows, counted);
              return (
                <td key={counted}>
                  <b>
                    <Ticking text={written(figure.now, count)} />
                  </b>
                  {figure.past !== undefined && <Change figure={figure} />}
                </td>
              );
            })}
          </tr>
          <tr>
            <th scope="row">in 100 orders</th>
            {kinds.map(({ counted }) => (
              <td key={counted}>
                {orders === 0 ? '–' : share(Number(summed(rows, counted).now) / orders).replace(' %', '')}
              </td>
            ))}
          </tr>
          {rows.map((row) => (
            <Amounts key={textIn(row, 'currency')} row={row} currencies={answer?.currencies ?? {}} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Amounts({ row, currencies }: { row: Row; currencies: Readonly<Record<string, number>> }) {
  const currency = textIn(row, 'currency');
  const digits = minorDigits(currencies, currency);
  return (
    <tr>
      <th scope="row">{currency}</th>
      {kinds.map(({ given }) => (
        <td key={given}>
          <Ticking text={written(figureOf(row, given).now, (value) => amount(value, digits))} />
        </td>
      ))}
    </tr>
  );
}
