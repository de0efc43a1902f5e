// Twenty of the dashboard's charts, two series of 120 points each, all of them new ten times a second. Each update is marked
// for the trace.
import { signal } from '@preact/signals';
import { render } from 'preact';
import { Chart, type ChartSeries } from '../../../dashboard/parts/chart.tsx';

const [charts, points, everyMs] = [20, 120, 100];
const labels = Array.from({ length: points }, (_, i) => `window ${i}`);
const ticks = labels.map((_, i) => (i % 20 === 0 ? String(i) : ''));
const update = signal(0);

function seriesOf(chart: number): ChartSeries[] {
  const values = (phase: number) =>
    labels.map((_, i) => Math.round(500 + 400 * Math.sin((i + update.value + phase + chart) / 9)));
  const [now, then] = [values(0), values(5)];
  return [
    { label: 'now', tone: 'present', shape: 'bars', values: now, texts: now.map(String) },
    { label: 'then', tone: 'past', shape: 'marks', values: then, texts: then.map(String) },
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
          openAt={119}
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
