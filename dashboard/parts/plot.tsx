// The drawn part of a chart: SVG, because the browser's own threads draw it, where no graphics card does, and what stands
// still is not drawn anew: the axes, and all shapes but those whose numbers ticked.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { columnPx, type Scale, windowAt, xPx, xTicks, yAxis, yPx } from './chart-scale.ts';
import { barsPath, type Columns, columnsOf, linePath, marksPath } from './chart-shapes.ts';

export interface ChartSeries {
  readonly label: string;
  readonly tone: 'present' | 'past' | 'third';
  readonly shape: 'bars' | 'marks' | 'line';
  /** null: nothing is known of that window. */
  readonly values: readonly (number | null)[];
  /** As it is written in the readout and in the table. */
  readonly texts: readonly string[];
}

export interface PlotProps {
  readonly caption: string;
  /** What stands below the axis, where there is room for it; '' for nothing. One for each window. */
  readonly ticks: readonly string[];
  readonly series: readonly ChartSeries[];
  /** The window that is not over yet. */
  readonly openAt?: number | undefined;
  readonly heightPx: number;
  readonly axisText: (value: number) => string;
  /** The window that is pointed at. */
  readonly at: number | undefined;
  readonly onPoint: (at: number | undefined) => void;
  /** By the arrow keys: -1 or 1. */
  readonly onStep: (by: number) => void;
}

const margin = { top: 8, right: 4, bottom: 22, left: 44 } as const;

export function Plot(props: PlotProps) {
  const { caption, ticks, series, openAt, heightPx, axisText, at, onPoint, onStep } = props;
  const box = useRef<HTMLDivElement>(null);
  const [widthPx, setWidthPx] = useState(0);
  useLayoutEffect(() => {
    const plot = box.current!;
    const measure = () => setWidthPx(plot.clientWidth);
    measure();
    const resized = new ResizeObserver(measure);
    resized.observe(plot);
    return () => resized.disconnect();
  }, []);
  const plotHeightPx = heightPx - margin.top - margin.bottom;
  const { least, most, texts } = yAxis(series, plotHeightPx);
  const scale = {
    leftPx: margin.left,
    topPx: margin.top,
    widthPx: Math.max(1, widthPx - margin.left - margin.right),
    heightPx: plotHeightPx,
    windows: ticks.length,
    least,
    most,
  };
  const axes = useMemo(
    () => <Axes ticks={ticks} values={texts} axisText={axisText} scale={scale} heightPx={heightPx} />,
    [...Object.values(scale), ticks.join('|')],
  );
  const columns = useMemo(() => columnsOf(scale), [scale.widthPx, scale.windows]);
  return (
    <div
      ref={box}
      class="plot"
      role="img"
      aria-label={`Chart: ${caption}. The same numbers are in the table below; arrow keys read one window after the other.`}
      // biome-ignore lint: reading a chart by keyboard needs focus
      tabIndex={0}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        onStep(by);
      }}
      onMouseMove={(event) =>
        onPoint(windowAt(scale, event.clientX - event.currentTarget.getBoundingClientRect().left))
      }
      onMouseLeave={() => onPoint(undefined)}
    >
      {axes}
      <svg class="shapes" height={heightPx}>
        {widthPx > 0 && series.map((one) => shapesOf(one, openAt, scale, columns))}
        {at !== undefined && (
          <path class="pointed" d={`M${Math.round(xPx(scale, at)) + 0.5} ${scale.topPx}v${scale.heightPx}`} />
        )}
      </svg>
    </div>
  );
}

interface AxesProps extends Pick<PlotProps, 'ticks' | 'axisText'> {
  readonly values: readonly number[];
  readonly scale: Scale;
  readonly heightPx: number;
}

function Axes({ ticks, values, axisText, scale, heightPx }: AxesProps) {
  const lines = values.map((value) => ({ text: axisText(value), y: Math.round(yPx(scale, value)) }));
  return (
    <svg class="axes" height={heightPx}>
      <path class="grid" d={lines.map(({ y }) => `M${scale.leftPx} ${y + 0.5}h${scale.widthPx}`).join('')} />
      <text text-anchor="end">
        {lines.map(({ text, y }) => (
          <tspan key={y} x={scale.leftPx - 6} y={y + 4}>
            {text}
          </tspan>
        ))}
      </text>
      <text text-anchor="middle">
        {xTicks(scale, ticks).map((at) => (
          <tspan key={at} x={xPx(scale, at)} y={scale.topPx + scale.heightPx + 16}>
            {ticks[at]}
          </tspan>
        ))}
      </text>
    </svg>
  );
}

/** Narrower windows' marks are one line, of which halos would take as much as they give. */
const haloFromPx = 8;

/** No component: each would cost as much as its drawing. */
function shapesOf({ tone, shape, values }: ChartSeries, openAt: number | undefined, scale: Scale, columns: Columns) {
  if (shape === 'line') return <path class={`line ${tone}`} d={linePath(values, scale, columns)} />;
  if (shape === 'marks') {
    const marks = marksPath(values, scale, columns);
    return [
      columnPx(scale) >= haloFromPx && <path class="mark halo" d={marks} />,
      <path class={`mark ${tone}`} d={marks} />,
    ];
  }
  const bars = (isWanted: (at: number) => boolean) => barsPath(values, scale, columns, isWanted);
  return [
    <path class={tone} stroke-width={columns.barPx} d={bars((at) => at !== openAt)} />,
    openAt !== undefined && <path class="open" stroke-width={columns.barPx} d={bars((at) => at === openAt)} />,
  ];
}
