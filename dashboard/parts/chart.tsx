// A chart of windows: bars for now, a mark across each for what it is held against, or lines where there are many. The
// windows stand side by side, whatever their length. Colours come from the style sheet; the numbers are also in a table.
import { useState } from 'preact/hooks';
import { compact } from '../data/format.ts';
import { DataTable } from './data-table.tsx';
import { type ChartSeries, Plot } from './plot.tsx';

export interface ChartProps {
  readonly caption: string;
  /** What a window is called in the readout and the table. */
  readonly labels: readonly string[];
  /** What stands below the axis, where there is room for it; '' for nothing. */
  readonly ticks: readonly string[];
  readonly series: readonly ChartSeries[];
  /** The window that is not over yet. */
  readonly openAt?: number | undefined;
  readonly heightPx?: number;
  readonly axisText?: (value: number) => string;
}

export function Chart({ caption, labels, ticks, series, openAt, heightPx = 180, axisText = compact }: ChartProps) {
  const [at, setAt] = useState<number | undefined>(undefined);
  const pointed = at !== undefined && at < labels.length ? at : undefined;
  const shown = pointed ?? openAt ?? labels.length - 1;
  /** What the window that is not over has is no whole one beside the others. */
  const labelAt = (i: number): string => `${labels[i] ?? '–'}${i === openAt ? ', so far' : ''}`;
  return (
    <figure class="chart">
      <figcaption class="readout">
        <span class="readout-window">{labelAt(shown)}</span>
        {series.map(({ label, tone, shape, texts }) => (
          <span key={label} class={`readout-series ${tone} ${shape}`}>
            {label} <b>{texts[shown] ?? '–'}</b>
          </span>
        ))}
      </figcaption>
      <Plot
        caption={caption}
        ticks={ticks}
        series={series}
        openAt={openAt}
        heightPx={heightPx}
        axisText={axisText}
        at={pointed}
        onPoint={setAt}
        onStep={(by) => setAt(Math.min(labels.length - 1, Math.max(0, shown + by)))}
      />
      <DataTable
        table={() => ({
          caption,
          head: ['Time', ...series.map(({ label }) => label)],
          rows: labels.map((_, i) => [labelAt(i), ...series.map(({ texts }) => texts[i] ?? '–')]),
        })}
      />
    </figure>
  );
}
