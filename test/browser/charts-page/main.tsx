// A chart of each kind, of numbers that are always the same; a click on the button gives them others.
import { signal } from '@preact/signals';
import { render } from 'preact';
import { Chart, type ChartSeries } from '../../../dashboard/parts/chart.tsx';

const points = 60;
const labels = Array.from({ length: points }, (_, i) => `window ${i}`);
const ticks = labels.map((_, i) => (i % 7 === 0 ? `at ${i}` : ''));
const factor = signal(1);

type Shape = Pick<ChartSeries, 'tone' | 'shape'>;

function seriesOf({ tone, shape }: Shape, phase: number): ChartSeries {
  const value = (i: number) => Math.round(factor.value * (300 + 600 * Math.sin((i + phase) / 9)));
  const values = labels.map((_, i) => (i % 13 === 5 ? null : value(i)));
  return { label: `${tone} ${shape}`, tone, shape, values, texts: values.map(String) };
}

const kinds: readonly (readonly Shape[])[] = [
  [
    { tone: 'present', shape: 'bars' },
    { tone: 'past', shape: 'marks' },
  ],
  [
    { tone: 'present', shape: 'line' },
    { tone: 'past', shape: 'line' },
    { tone: 'third', shape: 'line' },
  ],
];

function Charts() {
  return (
    <main>
      <button type="button" onClick={() => (factor.value *= 1_234)}>
        Others
      </button>
      {kinds.map((shapes, kind) => (
        <Chart
          key={kind}
          caption={`chart ${kind}`}
          labels={labels}
          ticks={ticks}
          series={shapes.map((shape, i) => seriesOf(shape, i * 7))}
          openAt={points - 1}
        />
      ))}
    </main>
  );
}

render(<Charts />, document.getElementById('app')!);
