// How charts draw: a bar for each window, the open one in its own colour; a mark across a window. Each is a rectangle of its
// own: as one path of 120 they take two to three times as long where no graphics card draws them. Pure but for the canvas.

/** What is drawn into: of uPlot, as much as is needed. */
export interface Plot {
  readonly ctx: {
    fillStyle: unknown;
    save(): void;
    restore(): void;
    fillRect(x: number, y: number, width: number, height: number): void;
  };
  readonly scales: Readonly<Record<string, { max?: number }>>;
  valToPos(value: number, scale: string, inCanvasPixels: true): number;
}

type Values = ArrayLike<number | null | undefined>;

export function drawBars(
  plot: Plot,
  values: Values,
  look: { readonly full: string; readonly open: string; readonly openAt: number | undefined; readonly pxRatio: number },
): void {
  const { zero, columnPx, xOf, yOf } = placesIn(plot);
  const gapPx = 0.28 * columnPx;
  // Sharp edges, unless the gaps are so small that whole pixels would make them look uneven.
  const snap = gapPx < 5 ? (px: number) => px : Math.round;
  const width = snap(Math.min(48 * look.pxRatio, Math.max(1, gapPx < 1 ? columnPx : columnPx - gapPx)));
  const base = snap(zero);
  const { ctx } = plot;
  ctx.save();
  ctx.fillStyle = look.full;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    if (value === null || value === undefined) continue;
    const top = snap(yOf(value));
    if (at === look.openAt) ctx.fillStyle = look.open;
    ctx.fillRect(snap(xOf(at) - width / 2), top, width, base - top);
    if (at === look.openAt) ctx.fillStyle = look.full;
  }
  ctx.restore();
}

/** Narrower windows' marks are one line, of which halos would take as much as they give. */
const haloFromPx = 8;

/** A short line across each window at its value, like the mark of a tide on a wall; seen on bars by its halo. */
export function drawMarks(
  plot: Plot,
  values: Values,
  look: { readonly colour: string; readonly halo: string; readonly pxRatio: number },
): void {
  const { columnPx, xOf, yOf } = placesIn(plot);
  const half = Math.min(30 * look.pxRatio, columnPx * 0.46);
  const { ctx } = plot;
  const draw = (colour: string, aroundPx: number): void => {
    ctx.fillStyle = colour;
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at];
      if (value === null || value === undefined) continue;
      const top = Math.round(yOf(value)) - look.pxRatio - aroundPx;
      ctx.fillRect(xOf(at) - half, top, 2 * half, 2 * (look.pxRatio + aroundPx));
    }
  };
  ctx.save();
  if (columnPx >= haloFromPx * look.pxRatio) draw(look.halo, look.pxRatio);
  draw(look.colour, 0);
  ctx.restore();
}

/** Both scales are linear, so that three questions answer for all values. Zero is always within. */
function placesIn(plot: Plot) {
  const first = plot.valToPos(0, 'x', true);
  const columnPx = plot.valToPos(1, 'x', true) - first;
  const zero = plot.valToPos(0, 'y', true);
  // From the far end, because amounts are so large that 1 is no distance.
  const max = plot.scales['y']!.max!;
  const pxPerUnit = (plot.valToPos(max, 'y', true) - zero) / max;
  return {
    zero,
    columnPx,
    xOf: (at: number) => first + at * columnPx,
    yOf: (value: number) => zero + value * pxPerUnit,
  };
}
