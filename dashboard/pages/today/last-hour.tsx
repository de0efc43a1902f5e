// The last hour by minute, live, whatever the page's range is.
import { windowLabel } from '../../data/format.ts';
import { windowsOf } from '../../data/groups.ts';
import { usePolled } from '../../data/polled.ts';
import { queryOf } from '../../data/queries.ts';
import { grainOf, inCurrency, shownBy } from '../../data/shown.ts';
import { isInteger } from '../../data/sums.ts';
import { tickTexts } from '../../data/ticks.ts';
import { inSentence } from '../../data/words.ts';
import { Chart } from '../../parts/chart.tsx';
import { Panel } from '../../parts/panel.tsx';
import type { TodayProps } from './totals.ts';

export function LastHour(props: TodayProps) {
  const { state, money } = props;
  const shown = shownBy(state, money, grainOf(state));
  const isToday = state.range.kind === 'named' && state.range.name === 'today';
  // Products are counted by quarter hours.
  const window = state.filters.sku ? '15m' : 'minute';
  const title = `Last hour by ${state.filters.sku ? 'quarter hour' : 'minute'}`;
  const range = { kind: 'last', last: '60m' } as const;
  const query = queryOf(inCurrency(state, money), {
    measures: [shown.measure],
    range,
    with: { window, fill: true },
  });
  const { answer, problem } = usePolled(query, 500).value;
  const rows = windowsOf(answer?.rows ?? []);
  const values = rows.map((row) => row[shown.measure]);
  return (
    <Panel
      class="charted"
      title={title}
      subtitle={!isToday && 'now, whatever the range'}
      query={query}
      problem={problem}
      isLoading={!answer}
      nothing={!values.some(Boolean) && 'Nothing in the last hour.'}
    >
      <Chart
        caption={`${shown.title}, ${inSentence(title)}`}
        labels={rows.map(({ windowStart }) => windowLabel(windowStart, window))}
        ticks={tickTexts(
          rows.map(({ windowStart }) => windowStart),
          window,
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
    </Panel>
  );
}
