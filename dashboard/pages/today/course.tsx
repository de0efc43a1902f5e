// The course of the range by window, held against what the page compares with; today by hour against the whole of yesterday.
import type { Row } from '../../data/answer.ts';
import { windowLabel } from '../../data/format.ts';
import { comparable, windowsOf } from '../../data/groups.ts';
import { go } from '../../data/navigation.ts';
import type { WindowName } from '../../../api/query-names.ts';
import { usePolled } from '../../data/polled.ts';
import { lengthMs, queryOf, queryText, windowFor, windowsFor } from '../../data/queries.ts';
import { grainOf, inCurrency, type Shown, shownBy } from '../../data/shown.ts';
import { wholeExtent } from '../../data/status.ts';
import { isInteger } from '../../data/sums.ts';
import { tickTexts } from '../../data/ticks.ts';
import { comparisonNames, comparisonWords, inSentence, rangeWords } from '../../data/words.ts';
import { Chart } from '../../parts/chart.tsx';
import type { ChartSeries } from '../../parts/plot.tsx';
import { MeasurePicker } from '../../parts/measure-picker.tsx';
import { Panel } from '../../parts/panel.tsx';
import type { TodayProps } from './totals.ts';

/** More of them are lines. */
const mostBars = 130;

export function Course(props: TodayProps) {
  const { state, all, money, nothing } = props;
  const ms = lengthMs(state.range, all, Date.now());
  const window = state.window ?? windowFor(ms);
  const shown = shownBy(state, money, grainOf(state));
  const isToday = state.range.kind === 'named' && state.range.name === 'today' && window === 'hour';
  const measures = [shown.measure];
  const inMoney = inCurrency(state, money);
  const query = queryOf(inMoney, { measures, compare: !isToday, with: { window, fill: true } }, all);
  const yesterday = { kind: 'named', name: 'yesterday' } as const;
  const before = isToday ? queryOf(inMoney, { measures, range: yesterday, with: { window, fill: true } }) : undefined;
  const main = usePolled(query, 1_000).value;
  const past = usePolled(before, 60_000).value;
  // Before the data begin there was no yesterday.
  const then = past.answer && all && past.answer.query.from.slice(0, 10) >= all.from ? past.answer.rows : [];
  const { answer, note } = comparable(main.answer, wholeExtent.value?.from);
  return (
    <Panel
      class="charted"
      title={isToday ? 'Today by hour' : `${rangeWords(state.range)} by ${window}`}
      query={query}
      problem={main.problem}
      isLoading={!answer}
      nothing={!then.some((row) => row[shown.measure]) && nothing?.words}
      isPending={main.text !== queryText(query)}
      actions={
        <>
          <MeasurePicker />
          <WindowPicker ms={ms} window={window} />
        </>
      }
    >
      {answer && (
        <>
          <Chart
            caption={`${shown.title}, ${inSentence(rangeWords(state.range))} by ${window}`}
            {...(isToday
              ? dayAgainstDay(windowsOf(answer.rows), windowsOf(then), shown)
              : rangeAgainstRange(
                  windowsOf(answer.rows),
                  window,
                  shown,
                  comparisonWords(state) || comparisonNames.none,
                ))}
          />
          {shown.note && <p class="foot">{shown.note}</p>}
          {note && <p class="foot">{note}</p>}
        </>
      )}
    </Panel>
  );
}

type Drawing = Pick<Parameters<typeof Chart>[0], 'labels' | 'ticks' | 'series' | 'openAt'>;

function seriesOf(
  label: string,
  look: Pick<ChartSeries, 'tone' | 'shape'>,
  shown: Shown,
  values: readonly unknown[],
): ChartSeries {
  const known = values.map((value) => (isInteger(value as number) ? (value as number) : undefined));
  return {
    label,
    ...look,
    values: known.map((value) => (value === undefined ? null : shown.toNumber(value))),
    texts: known.map((value) => (value === undefined ? '–' : shown.text(value))),
  };
}

/** By hour of the local clock, so that the hours still to come show what they had yesterday. */
function dayAgainstDay(now: readonly Row[], then: readonly Row[], shown: Shown): Drawing {
  const hourOf = (row: Row) => row.windowStart.slice(11, 16);
  const byHour = Map.groupBy(now, hourOf);
  const past = Map.groupBy(then, hourOf);
  const hours = [...new Set([...past.keys(), ...byHour.keys()])].toSorted();
  const valueIn = (rows: Map<string, Row[]>) => hours.map((hour) => rows.get(hour)?.at(-1)?.[shown.measure]);
  const yesterday = seriesOf('yesterday', { tone: 'past', shape: 'marks' }, shown, valueIn(past));
  /** Beside an hour that goes on. */
  const wholeHour = (text: string, i: number) => (i === openAt ? `${text} in the whole hour` : text);
  const openAt = hours.findIndex((hour) => byHour.get(hour)?.at(-1)?.open);
  return {
    labels: hours,
    ticks: hours.map((hour, i) => (i % 3 === 0 ? hour : '')),
    openAt: openAt < 0 ? undefined : openAt,
    series: [
      seriesOf('today', { tone: 'present', shape: 'bars' }, shown, valueIn(byHour)),
      ...(then.length === 0 ? [] : [{ ...yesterday, texts: yesterday.texts.map(wholeHour) }]),
    ],
  };
}

function rangeAgainstRange(rows: readonly Row[], window: WindowName, shown: Shown, then: string): Drawing {
  const isMany = rows.length > mostBars;
  const isCompared = rows.some(({ compare }) => compare);
  const openAt = rows.findIndex(({ open }) => open);
  return {
    labels: rows.map(({ windowStart }) => windowLabel(windowStart, window)),
    ticks: tickTexts(
      rows.map(({ windowStart }) => windowStart),
      window,
    ),
    openAt: openAt < 0 ? undefined : openAt,
    series: [
      seriesOf(
        'now',
        { tone: 'present', shape: isMany ? 'line' : 'bars' },
        shown,
        rows.map((row) => row[shown.measure]),
      ),
      ...(isCompared
        ? [
            seriesOf(
              then,
              { tone: 'past', shape: isMany ? 'line' : 'marks' },
              shown,
              rows.map((row) => row.compare?.[shown.measure]),
            ),
          ]
        : []),
    ],
  };
}

function WindowPicker({ ms, window }: { ms: number; window: WindowName }) {
  const names = [...new Set([...windowsFor(ms), window])];
  return (
    <label class="inline">
      <span>by</span>
      <select value={window} onChange={(event) => go({ window: event.currentTarget.value as WindowName })}>
        {names.map((name) => (
          <option value={name} key={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
