// How charts draw: a bar for each window, the open one lighter; a mark across a window; colours out of the style sheet.
import uPlot from 'uplot';

const dark = matchMedia('(prefers-color-scheme: dark)');
const tokens = new Map<string, string>();
dark.addEventListener('change', () => tokens.clear());

/** The present value of a custom property: light or dark. Kept, because asking the browser makes it restyle the page. */
export function token(name: string): string {
  let value = tokens.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    tokens.set(name, value);
  }
  return value;
}

export function bars(openAt: () => number | undefined): uPlot.Series.PathBuilder {
  return uPlot.paths.bars!({
    size: [0.72, 48],
    disp: {
      fill: {
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- uPlot's enum exists in its types alone: 3 is Color
        unit: 3,
        values: (u, series) => {
          const [full, open] = [token('--present'), token('--open')];
          return Array.from(u.data[series]!, (_, i) => (i === openAt() ? open : full));
        },
      },
    },
  });
}

/** A short line across each window at its value, like the mark of a tide on a wall. */
export const marks: uPlot.Series.PathBuilder = (u, series, from, to) => {
  const path = new Path2D();
  const values = u.data[series]!;
  const half = Math.min(30 * devicePixelRatio, Math.abs(u.valToPos(1, 'x', true) - u.valToPos(0, 'x', true)) * 0.46);
  for (let i = from; i <= to; i++) {
    const value = values[i];
    if (value === null || value === undefined) continue;
    const [x, y] = [u.valToPos(i, 'x', true), Math.round(u.valToPos(value, 'y', true))];
    path.moveTo(x - half, y);
    path.lineTo(x + half, y);
  }
  return { stroke: path, fill: null };
};
