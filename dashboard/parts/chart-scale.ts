// The scales of a chart: where windows and values are, and where its axes have texts. Pure.
export type Values = readonly (number | null)[];

/** The place for the shapes, and what its lower and upper edge stand for. The windows stand side by side over its width. */
export interface Scale {
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly windows: number;
  readonly least: number;
  readonly most: number;
}

export const columnPx = ({ widthPx, windows }: Scale): number => widthPx / Math.max(1, windows);
/** The middle of a window. */
export const xPx = (scale: Scale, at: number): number => scale.leftPx + (at + 0.5) * columnPx(scale);
/** The window at a place. */
export function windowAt(scale: Scale, px: number): number | undefined {
  const at = Math.floor((px - scale.leftPx) / columnPx(scale));
  return at >= 0 && at < scale.windows ? at : undefined;
}

export const yPx = ({ topPx, heightPx, least, most }: Scale, value: number): number =>
  topPx + ((most - value) / (most - least)) * heightPx;

/**
 * From zero, or below it, to a little above the largest value, in steps of a tenth of its power of ten: while numbers tick the
 * scale stands still.
 */
export function yRange(series: readonly { readonly values: Values }[]): [least: number, most: number] {
  let [least, most] = [0, 0];
  for (const { values } of series)
    for (const value of values) {
      if (value === null) continue;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  return [0 - withRoom(-least), withRoom(most) || 1];
}

function withRoom(value: number): number {
  if (value === 0) return 0;
  const step = 10 ** (Math.floor(Math.log10(1.05 * value)) - 1);
  return Math.ceil((1.05 * value) / step) * step;
}

const textHeightPx = 22;

/** Whole numbers in steps of 1, 2 or 5 and noughts, which short texts tell (250 would be 0.3k), as many as have room. */
export function yTicks(scale: Scale): number[] {
  const pxPerUnit = scale.heightPx / (scale.most - scale.least);
  const atLeast = textHeightPx / pxPerUnit;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(atLeast)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= atLeast)!;
  const [first, last] = [Math.ceil(scale.least / step), Math.floor(scale.most / step)];
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

const textWidthPx = 52;
const letterPx = 6.4;

/** The windows whose texts have room, evenly; one that would be cut off at the right edge is left out. */
export function xTicks(scale: Scale, texts: readonly string[]): number[] {
  const isWhole = (text: string, at: number) =>
    xPx(scale, at) + (text.length * letterPx) / 2 <= scale.leftPx + scale.widthPx;
  const places = texts.flatMap((text, at) => (text !== '' && isWhole(text, at) ? [at] : []));
  const every = Math.max(1, Math.ceil((places.length * textWidthPx) / scale.widthPx));
  return places.filter((_, i) => i % every === 0);
}
