// Twenty of the dashboard's charts, two series of 120 points each, ten updates a second: all points new, or with `#ticks` that
// of the window that is not over, as orders make it. Each update is marked for the trace.
import { signal } from '@preact/signals';
import { render } from 'preact';
import { Chart } from '../../../dashboard/parts/chart.tsx';
import type { ChartSeries } from '../../../dashboard/parts/plot.tsx';

const [charts, points, everyMs] = [20, 120, 100];
const labels = Array.from({ length: points }, (_, i) => `window ${i}`);
const ticks = labels.map((_, i) => (i % 20 === 0 ? String(i) : ''));
const openAt = points - 1;
const update = signal(0);

// Made beforehand, because making them is not the charts' work: a wave of as many phases.
const phases = 57;
const waves = Array.from({ length: phases }, (_, phase) => {
  const values = labels.map((_, i) => Math.round(500 + 400 * Math.sin((2 * Math.PI * (i + phase)) / phases)));
  return { values, texts: values.map(String) };
});

const now = { label: 'now', tone: 'present', shape: 'bars' } as const;
const then = { label: 'then', tone: 'past', shape: 'marks' } as const;

function seriesOf(chart: number): ChartSeries[] {
  const at = (phase: number) => waves[(chart + phase) % phases]!;
  const passed = update.value;
  if (location.hash !== '#ticks')
    return [
      { ...now, ...at(passed) },
      { ...then, ...at(passed + 5) },
    ];
  const { values, texts } = at(0);
  const ticking = passed % 400;
  return [
    { ...now, values: values.with(openAt, ticking), texts: texts.with(openAt, String(ticking)) },
    { ...then, ...at(5) },
  ];
}

function Charts() {
  return (
    <main class="breakdowns">
      {Array.from({ length: charts }, (_, chart) => (
        <Chart
          key={chart}
          caption={`chart ${chart}`}
          labels={labels}
          ticks={ticks}
          series={seriesOf(chart)}
          openAt={openAt}
        />
      ))}
    </main>
  );
}

render(<Charts />, document.getElementById('app')!);
setInterval(() => {
  performance.mark('update');
  performance.clearMarks();
  update.value += 1;
}, everyMs);
