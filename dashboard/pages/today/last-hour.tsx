// The last hour by minute, live, whatever the page's range is.
import { windowLabel } from '../../data/format.ts';
import { windowsOf } from '../../data/groups.ts';
import { usePolled } from '../../data/polled.ts';
import { queryOf } from '../../data/queries.ts';
import { grainOf, inCurrency, shownBy } from '../../data/shown.ts';
import { isInteger } from '../../data/sums.ts';
import { tickTexts } from '../../data/ticks.ts';
import { Chart } from '../../parts/chart.tsx';
import { Panel } from '../../parts/panel.tsx';
import { AwaitsCurrency } from './choose-currency.tsx';
import type { TodayProps } from './totals.ts';

export function LastHour(props: TodayProps) {
  const { state, money } = props;
  const shown = shownBy(state, money, grainOf(state));
  const range = { kind: 'last', last: '60m' } as const;
  const query =
    shown === 'choose-currency'
      ? undefined
      : queryOf(inCurrency(state, money), {
          measures: [shown.measure],
          range,
          with: { window: 'minute', fill: true },
        });
  const { answer, problem } = usePolled(query, 500).value;
  const rows = windowsOf(answer?.rows ?? []);
  const values = rows.map((row) => (shown === 'choose-currency' ? undefined : row[shown.measure]));
  return (
    <Panel
      class="charted"
      title="Last hour by minute"
      query={query}
      problem={problem}
      isLoading={query !== undefined && !answer}
    >
      {shown === 'choose-currency' ? (
        <AwaitsCurrency />
      ) : (
        <Chart
          caption={`${shown.title}, last hour by minute`}
          labels={rows.map(({ windowStart }) => windowLabel(windowStart, 'minute'))}
          ticks={tickTexts(
            rows.map(({ windowStart }) => windowStart),
            'minute',
          )}
          openAt={rows.length - 1}
          series={[
            {
              label: shown.title,
              tone: 'present',
              shape: 'bars',
              values: values.map((value) => (isInteger(value) ? shown.toNumber(value) : null)),
              texts: values.map((value) => (isInteger(value) ? shown.text(value) : '–')),
            },
          ]}
        />
      )}
    </Panel>
  );
}
