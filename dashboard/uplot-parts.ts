// Leaves out of uPlot what no chart here uses (parts/chart.tsx): time scales and logarithmic ones, x axes that stand
// upright, its legend, selecting with the mouse, series that light up, cursors that follow each other, dots, curves, bands, bars (charts
// draw their own), tools for plugins. They are more than a quarter of it, and lie in one function with all the rest, so that
// no bundler can tell: the places where uPlot decides about them are given the answer. A place that is not found ends the build.
import type { Plugin } from 'vite';

const decided: readonly (readonly [place: RegExp, answer: string])[] = [
  [/^\tconst mode = .*$/m, 'const mode = 1;'],
  [/\bscaleX\.ori\b/g, '0'],
  [/^\tconst xScaleDistr = .*$/m, 'const xScaleDistr = 1;'],
  [/\b(\w+\.)?distr == (2|3|4|100)\b/g, 'false'],
  [/^\tconst cursorFocus = .*$/m, 'const cursorFocus = false;'],
  [/^const FEAT_TIME +=.*$/m, 'const FEAT_TIME = false;'],
  [/^\t+let isTime = .*$/gm, 'const isTime = false;'],
  [/^const \[ timeIncrsM?s, .*$/gim, ''],
  [/^\tconst _time(AxisSplits|AxisVals|SeriesVal) +=.*$/gm, ''],
  [/^\tconst showLegend = .*$/m, 'const showLegend = false;'],
  [/\blegend\.show && /, 'false && '],
  [/\bselect\.show\b/g, 'false'],
  [/^\t+(events\.|onMouse\()(mousedown|mouseup|dblclick)\b.*$/gm, ''],
  [/\bif \(dragging\) \{/g, 'if (false) {'],
  [/^\tself\.(pub|setSelect|batch) = .*$/gm, ''],
  [/\bif \(syncOpts\.filters\.pub\(/, 'if (false && ('],
  [/\bflags != 0 && bands\b/, 'false && bands'],
  [/^\tself\.(add|set|del)(Band|Series) = .*$/gm, ''],
  [/\bsrc == null\b|\be != null\b/g, 'true'],
  [/\bsrc != null\b/g, 'false'],
  [/^const pointsPath = .*$/m, 'const pointsPath = null;'],
  [/^\t\tpoints,$/m, ''],
  [/^\t*\(?paths\.(stepped|bars|spline) .*$/gm, ''],
  [/^\t*uPlot\.(assign|fmt\w+|range\w+|orient|join|tzDate|sync|addGap|clipGaps)\b.*$/gm, ''],
];

export const withoutUnusedParts: Plugin = {
  name: 'uplot-parts',
  transform: {
    filter: { id: /uPlot\.esm\.js$/ },
    handler(code) {
      let left = code;
      for (const [place, answer] of decided) {
        if (left.search(place) < 0) throw new Error(`uPlot has changed: it has no ${place} any more`);
        left = left.replace(place, answer);
      }
      return { code: left, map: null };
    },
  },
};
