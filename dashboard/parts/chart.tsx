// A chart of windows: bars for now, a mark across each for what it is held against, or lines where there are many. The
// windows stand side by side, whatever their length. Colours come from the style sheet; the numbers are also in a table.
// What is used of uPlot must be in the page: uplot-parts.ts.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { compact } from '../data/format.ts';
import { drawBars, drawMarks } from './chart-shapes.ts';
import { DataTable } from './data-table.tsx';
import { token } from './token.ts';

export interface ChartSeries {
  readonly label: string;
  readonly tone: 'present' | 'past' | 'third';
  readonly shape: 'bars' | 'marks' | 'line';
  /** null: nothing is known of that window. */
  readonly values: readonly (number | null)[];
  /** As it is written in the readout and in the table. */
  readonly texts: readonly string[];
}

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

export function Chart(props: ChartProps) {
  const { caption, labels, series, heightPx = 180 } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  // What is out of sight is drawn once it comes into sight.
  const isSeen = useRef(true);
  const latest = useRef(props);
  latest.current = props;
  const [at, setAt] = useState<number | undefined>(undefined);
  const shapes = series.map(({ tone, shape }) => `${tone}:${shape}`).join();

  // Both before the browser paints: what is drawn and what is written beside it change in one frame.
  useLayoutEffect(() => {
    const target = box.current!;
    const made = new uPlot(optionsOf(latest, target, setAt), dataOf(latest.current), target);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height: heightPx }));
    resized.observe(target);
    const seen = new IntersectionObserver((entries) => {
      isSeen.current = entries.at(-1)!.isIntersecting;
      if (isSeen.current) made.setData(dataOf(latest.current));
    });
    seen.observe(target);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    // Paths keep their colours until they are made anew; `redraw` would widen the scale of x each time.
    const recolour = (): void => made.setData(dataOf(latest.current));
    scheme.addEventListener('change', recolour);
    return () => {
      resized.disconnect();
      seen.disconnect();
      scheme.removeEventListener('change', recolour);
      made.destroy();
    };
  }, [shapes, heightPx]);
  useLayoutEffect(() => {
    if (isSeen.current) plot.current?.setData(dataOf(props));
  });

  const shown = at !== undefined && at < labels.length ? at : (props.openAt ?? labels.length - 1);
  /** What the window that is not over has is no whole one beside the others. */
  const labelAt = (i: number): string => `${labels[i] ?? '–'}${i === props.openAt ? ', so far' : ''}`;
  const step = (by: number): void => {
    const next = Math.min(labels.length - 1, Math.max(0, shown + by));
    plot.current?.setCursor({ left: plot.current.valToPos(next, 'x'), top: 0 });
    setAt(next);
  };
  return (
    <figure class="chart">
      <figcaption class="readout">
        <span class="readout-window">{labelAt(shown)}</span>
        {series.map(({ label, tone, shape, texts }) => (
          <span key={label} class="readout-series">
            <span class={`key ${tone} ${shape}`} aria-hidden="true" />
            {label} <b>{texts[shown] ?? '–'}</b>
          </span>
        ))}
      </figcaption>
      <div
        class="plot"
        role="img"
        aria-label={`Chart: ${caption}. The same numbers are in the table below; arrow keys read one window after the other.`}
        // biome-ignore lint: reading a chart by keyboard needs focus
        tabIndex={0}
        onKeyDown={(event) => {
          const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          step(by);
        }}
        ref={box}
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

function dataOf({ labels, series }: ChartProps): uPlot.AlignedData {
  return [labels.map((_, i) => i), ...series.map(({ values }) => values as (number | null)[])] as uPlot.AlignedData;
}

function optionsOf(
  latest: { readonly current: ChartProps },
  target: HTMLElement,
  onWindow: (at: number | undefined) => void,
): uPlot.Options {
  const { series, heightPx = 180 } = latest.current;
  const axis = { stroke: () => token('--muted'), font: `11px ${getComputedStyle(target).fontFamily}` };
  return {
    width: target.clientWidth,
    height: heightPx,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: false, range: () => [-0.5, Math.max(1, latest.current.labels.length) - 0.5] },
      y: { range: (_, min, max) => [Math.min(0, min * 1.05), max > 0 ? max * 1.05 : 1] },
    },
    series: [
      {},
      ...series.map(({ tone, shape }): uPlot.Series => {
        const common = { stroke: () => token(`--${tone}`), points: { show: false }, spanGaps: false };
        if (shape !== 'line') return { ...common, paths: () => null };
        return { ...common, width: 1.5, ...(tone === 'past' ? { dash: [3, 3] } : {}) };
      }),
    ],
    axes: [
      {
        ...axis,
        size: 22,
        gap: 4,
        grid: { show: false },
        ticks: { show: false },
        splits: (u) => tickPlaces(latest.current.ticks, u.bbox.width / devicePixelRatio),
        values: (_, splits) => splits.map((at) => latest.current.ticks[at] ?? ''),
      },
      {
        ...axis,
        size: 44,
        gap: 6,
        space: 22,
        grid: { stroke: () => token('--grid'), width: 1 },
        ticks: { show: false },
        // Steps that a short text tells: 250 would be written 0.3k.
        incrs: powersOfTen.flatMap((power) => [power, 2 * power, 5 * power]),
        values: (_, splits) => splits.map(latest.current.axisText ?? compact),
      },
    ],
    hooks: {
      drawSeries: [
        (u, i) => {
          const { tone, shape } = series[i - 1]!;
          const values = u.data[i]!;
          const [full, open, pxRatio] = [token(`--${tone}`), token('--open'), devicePixelRatio];
          if (shape === 'bars') drawBars(u, values, { full, open, openAt: latest.current.openAt, pxRatio });
          if (shape === 'marks') drawMarks(u, values, { colour: full, halo: token('--sheet'), pxRatio });
        },
      ],
      setCursor: [(u) => onWindow(u.cursor.idx ?? undefined)],
    },
  };
}

const powersOfTen = Array.from({ length: 16 }, (_, i) => 10 ** i);
const tickSpacePx = 52;

/** As many of the ticks as have room, evenly. */
function tickPlaces(ticks: readonly string[], widthPx: number): number[] {
  // A text that would be cut off at the right edge is left out.
  const room = (at: number): number => ((ticks.length - at - 0.5) / ticks.length) * widthPx;
  const places = ticks.flatMap((text, at) => (text === '' || room(at) < text.length * 3.2 ? [] : [at]));
  const every = Math.max(1, Math.ceil((places.length * tickSpacePx) / Math.max(1, widthPx)));
  return places.filter((_, i) => i % every === 0);
}
