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

const textHeightPx = 22;

/**
 * From zero, or below it, to the first text of the axis above the largest value, so that each value can be read off and the
 * scale stands still while numbers tick. Texts are whole numbers in steps of 1, 2 or 5 and noughts, which are short (250 would
 * be 0.3k), as many as have room.
 */
export function yAxis(series: readonly { readonly values: Values }[], heightPx: number) {
  let [min, max] = [0, 0];
  for (const { values } of series)
    for (const value of values) {
      if (value === null) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  const most = Math.max(2, Math.floor(heightPx / textHeightPx));
  for (let power = 1; ; power *= 10)
    for (const step of [power, 2 * power, 5 * power]) {
      const [from, to] = [Math.floor(min / step), Math.max(1, Math.ceil(max / step))];
      if (to - from > most) continue;
      const texts = Array.from({ length: to - from + 1 }, (_, i) => (from + i) * step);
      return { least: from * step, most: to * step, texts };
    }
}

const letterPx = 6.4;
const gapPx = 16;

/** The windows whose texts have room, evenly; one that would be cut off at the right edge is left out. */
export function xTicks(scale: Scale, texts: readonly string[]): number[] {
  const isWhole = (text: string, at: number) =>
    xPx(scale, at) + (text.length * letterPx) / 2 <= scale.leftPx + scale.widthPx;
  const places = texts.flatMap((text, at) => (text !== '' && isWhole(text, at) ? [at] : []));
  const widthPx = gapPx + letterPx * Math.max(0, ...texts.map((text) => text.length));
  const every = Math.max(1, Math.ceil((places.length * widthPx) / scale.widthPx));
  return places.filter((_, i) => i % every === 0);
}
