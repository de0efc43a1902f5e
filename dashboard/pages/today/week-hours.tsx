// When the shop is busy: weekday × hour, over the page's range, or over four weeks where that is too short to tell.
import { useMemo } from 'preact/hooks';
import type { Answer } from '../../data/answer.ts';
import { daysSince, hoursOfWeek } from '../../data/groups.ts';
import type { Range } from '../../data/page-state.ts';
import { usePolled } from '../../data/polled.ts';
import { lengthMs, queryOf, queryText } from '../../data/queries.ts';
import { grainOf, inCurrency, shownBy } from '../../data/shown.ts';
import { wholeExtent } from '../../data/status.ts';
import { inSentence, rangeWords } from '../../data/words.ts';
import { HeatMap } from '../../parts/heat-map.tsx';
import { Panel } from '../../parts/panel.tsx';
import type { TodayProps } from './totals.ts';

const dayMs = 86_400_000;
const fourWeeks: Range = { kind: 'last', last: '4w' };

export function WeekHours(props: TodayProps) {
  const { state, all, money, nothing } = props;
  const ms = lengthMs(state.range, all, Date.now());
  // Of years an answer by hour would be long; a year tells the week as well.
  const range = ms < 7 * dayMs ? fourWeeks : ms > 370 * dayMs ? lastYearOf(state.range, all?.to) : state.range;
  const shown = shownBy(state, money, grainOf(state));
  const { measure } = shown;
  const query = queryOf(inCurrency(state, money), { measures: [measure], range, with: { window: 'hour' } }, all);
  const { answer, text, problem } = usePolled(query, 60_000).value;
  const dataFrom = wholeExtent.value?.from;
  const average = useMemo(() => answer && averageOf(answer, measure, dataFrom), [answer, measure, dataFrom]);
  return (
    <Panel
      class="heated"
      title="Hours of the week"
      subtitle={`${shown.title}, on average, ${average?.since || inSentence(rangeWords(range))}`}
      query={query}
      problem={problem}
      isLoading={!answer}
      nothing={answer?.rows.length === 0 && (nothing?.words ?? 'Nothing in this range.')}
      isPending={text !== queryText(query)}
    >
      {average && (
        <HeatMap
          caption={`${shown.title} by weekday and hour, on average`}
          cells={average.cells}
          text={shown.text}
          shortText={shown.shortText}
        />
      )}
    </Panel>
  );
}

/** Over the hours that are over, no earlier than the data begin; `since` where that is later than the range begins. */
function averageOf({ rows, query }: Answer, measure: string, dataFrom: string | undefined) {
  const [from, to, first] = [query.from, query.to, dataFrom ?? query.from].map((iso) => Date.parse(iso));
  const span = { fromMs: Math.max(from!, first!), toMs: Math.min(to!, Date.now()), tz: query.tz };
  return {
    cells: hoursOfWeek(rows, measure, span),
    since: first! > from! && span.toMs > first! ? daysSince(span) : '',
  };
}

function lastYearOf(range: Range, to: string | undefined): Range {
  const end = range.kind === 'between' ? range.to : range.kind === 'all' ? to : undefined;
  if (end === undefined) return { kind: 'last', last: '12mo' };
  const from = new Date(Date.parse(end) - 364 * dayMs).toISOString();
  return { kind: 'between', from: end.length === 10 ? from.slice(0, 10) : from, to: end };
}
