// The shapes of a chart, as paths of SVG in tenths of a pixel: whole numbers are written and read in half the time. Pure.
import { columnPx, type Scale, type Values, xPx, yPx } from './chart-scale.ts';

export const unitsPerPx = 10;

/** A bar is a line as wide as this. */
export function barPx(scale: Scale): number {
  const gap = gapPx(scale);
  const width = Math.min(48, Math.max(1, columnPx(scale) - (gap < 1 ? 0 : gap)));
  return hasSharpEdges(scale) ? Math.round(width) : width;
}

const gapPx = (scale: Scale): number => 0.28 * columnPx(scale);

/** Where gaps are so small that whole pixels would make them look uneven, edges are not. */
const hasSharpEdges = (scale: Scale): boolean => gapPx(scale) >= 5;

/** From zero to each value of the windows that are wanted. */
export function barsPath(values: Values, scale: Scale, isWanted: (at: number) => boolean): string {
  const half = barPx(scale) / 2;
  const isSharp = hasSharpEdges(scale);
  const y = yInWholePx(scale);
  const base = y(0);
  return pathOf(values, (value, at) => {
    if (!isWanted(at)) return '';
    const middle = xPx(scale, at);
    return `M${inUnits(isSharp ? Math.round(middle - half) + half : middle)} ${base}V${y(value)}`;
  });
}

/** A short line across each window at its value, like the mark of a tide on a wall. */
export function marksPath(values: Values, scale: Scale): string {
  const half = Math.min(30, 0.46 * columnPx(scale));
  const width = inUnits(2 * half);
  const y = yInWholePx(scale);
  return pathOf(values, (value, at) => `M${inUnits(xPx(scale, at) - half)} ${y(value)}h${width}`);
}

/** From value to value, broken where nothing is known. */
export function linePath(values: Values, scale: Scale): string {
  return pathOf(values, (value, at) => {
    const command = (values[at - 1] ?? null) === null ? 'M' : 'L';
    return `${command}${inUnits(xPx(scale, at))} ${inUnits(yPx(scale, value))}`;
  });
}

function pathOf(values: Values, of: (value: number, at: number) => string): string {
  let path = '';
  for (const [at, value] of values.entries()) if (value !== null) path += of(value, at);
  return path;
}

const inUnits = (px: number): number => Math.round(unitsPerPx * px);
const yInWholePx = (scale: Scale) => (value: number) => unitsPerPx * Math.round(yPx(scale, value));
