// The last minutes, live: what comes in against what is counted, how far behind, what is refused.
import { clockTime, count } from '../../data/format.ts';
import { pageState } from '../../data/navigation.ts';
import { keptSamples, type Rates, ratesOf, type Sample, sampleEveryMs } from '../../data/samples.ts';
import { Chart, type ChartSeries } from '../../parts/chart.tsx';
import { Panel } from '../../parts/panel.tsx';

const heightPx = 110;

export function RateCharts({ samples, isOld }: { samples: readonly Sample[]; isOld: boolean }) {
  const { tz } = pageState.value;
  const rates = padded(ratesOf(samples));
  const labels = rates.map(({ atMs }) => clockTime(atMs, tz));
  const ticks = labels.map((label, i) => (beginsMinute(label, labels[i - 1]) && isInside(i) ? label.slice(0, 5) : ''));
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

const beginsMinute = (label: string, before = label): boolean => label.slice(0, 5) !== before.slice(0, 5);
/** At the ends a text would be cut off. */
const isInside = (at: number): boolean => at >= 6 && at < keptSamples - 8;

/** Always as many, so that the charts move without growing: time before the first look is unknown. */
function padded(rates: readonly Rates[]): readonly Rates[] {
  const firstMs = rates[0]?.atMs ?? 0;
  const missing = keptSamples - rates.length;
  const before = Array.from({ length: missing }, (_, i): Rates => {
    return {
      atMs: firstMs - (missing - i) * sampleEveryMs,
      accepted: null,
      counted: null,
      behind: null,
      deadLetters: null,
    };
  });
  return [...before, ...rates];
}
