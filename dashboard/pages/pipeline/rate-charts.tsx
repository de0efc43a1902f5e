// The last minutes, live: what comes in against what is counted, how far behind, what is refused.
import { clockTime, count } from '../../data/format.ts';
import { pageState } from '../../data/navigation.ts';
import { type Rates, ratesByTime, type Sample } from '../../data/samples.ts';
import { Chart } from '../../parts/chart.tsx';
import type { ChartSeries } from '../../parts/plot.tsx';
import { Panel } from '../../parts/panel.tsx';

const heightPx = 110;

export function RateCharts({ samples, isOld }: { samples: readonly Sample[]; isOld: boolean }) {
  const { tz } = pageState.value;
  const rates = ratesByTime(samples);
  const labels = rates.map(({ atMs }) => clockTime(atMs, tz));
  const ticks = labels.map((label) => (label.endsWith(':00') ? label.slice(0, 5) : ''));
  const series = (
    label: string,
    look: Pick<ChartSeries, 'tone' | 'shape'>,
    of: (rates: Rates) => number | null,
  ): ChartSeries => {
    const values = rates.map(of);
    return { label, ...look, values, texts: values.map((value) => (value === null ? '–' : count(value))) };
  };
  const panel = (title: string, subtitle: string, drawn: ChartSeries[]) => (
    <Panel title={title} subtitle={subtitle} isPending={isOld}>
      <Chart caption={`${title}, ${subtitle}`} labels={labels} ticks={ticks} series={drawn} heightPx={heightPx} />
    </Panel>
  );
  return (
    <div class="rates">
      {panel('Rates', 'records a second', [
        series('counted live', { tone: 'present', shape: 'line' }, ({ counted }) => counted),
        series('accepted', { tone: 'past', shape: 'line' }, ({ accepted }) => accepted),
      ])}
      {panel('Behind', 'records in the log, not live yet', [
        series('behind', { tone: 'third', shape: 'line' }, ({ behind }) => behind),
      ])}
      {panel('Dead letters', 'new ones', [
        series('new', { tone: 'present', shape: 'bars' }, ({ deadLetters }) => deadLetters),
      ])}
    </div>
  );
}
