// The shapes of a chart, as paths of SVG. Pure.
import { columnPx, type Scale, type Values, xPx, yPx } from './chart-scale.ts';

/** Where shapes stand along x, written once for as long as the chart has its width and its number of windows. */
export interface Columns {
  /** A bar is a line as wide as this. */
  readonly barPx: number;
  readonly bars: readonly string[];
  readonly markPx: number;
  readonly marks: readonly string[];
  readonly points: readonly string[];
}

export function columnsOf(scale: Scale): Columns {
  const column = columnPx(scale);
  const gap = 0.28 * column;
  const width = Math.min(48, Math.max(1, column - (gap < 1 ? 0 : gap)));
  // Where gaps are so small that whole pixels would make them look uneven, edges are not sharp.
  const isSharp = gap >= 5;
  const barPx = isSharp ? Math.round(width) : width;
  const sharp = (middle: number): number => Math.round(middle - barPx / 2) + barPx / 2;
  const half = Math.min(30, 0.46 * column);
  const at = (x: (middle: number) => number) =>
    Array.from({ length: scale.windows }, (_, window) => String(x(xPx(scale, window))));
  return {
    barPx,
    bars: at(isSharp ? sharp : tenths),
    markPx: tenths(2 * half),
    marks: at((middle) => tenths(middle - half)),
    points: at(tenths),
  };
}

/** From zero to each value of the windows that are wanted. */
export function barsPath(values: Values, scale: Scale, { bars }: Columns, isWanted: (at: number) => boolean): string {
  const base = ` ${Math.round(yPx(scale, 0))}V`;
  return pathOf(values, (value, at) => (isWanted(at) ? `M${bars[at]}${base}${Math.round(yPx(scale, value))}` : ''));
}

/** A short line across each window at its value, like the mark of a tide on a wall. */
export function marksPath(values: Values, scale: Scale, { marks, markPx }: Columns): string {
  return pathOf(values, (value, at) => `M${marks[at]} ${Math.round(yPx(scale, value))}h${markPx}`);
}

/** From value to value, broken where nothing is known. */
export function linePath(values: Values, scale: Scale, { points }: Columns): string {
  return pathOf(values, (value, at) => {
    const command = (values[at - 1] ?? null) === null ? 'M' : 'L';
    return `${command}${points[at]} ${tenths(yPx(scale, value))}`;
  });
}

function pathOf(values: Values, of: (value: number, at: number) => string): string {
  let path = '';
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? null;
    if (value !== null) path += of(value, at);
  }
  return path;
}

const tenths = (px: number): number => Math.round(10 * px) / 10;
