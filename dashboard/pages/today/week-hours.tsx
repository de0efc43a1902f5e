// When the shop is busy: weekday × hour, over the page's range, or over four weeks where that is too short to tell.
import { hoursOfWeek } from '../../data/groups.ts';
import type { Range } from '../../data/page-state.ts';
import { usePolled } from '../../data/polled.ts';
import { lengthMs, queryOf, queryText } from '../../data/queries.ts';
import { grainOf, inCurrency, shownBy } from '../../data/shown.ts';
import { inSentence, rangeWords } from '../../data/words.ts';
import { HeatMap } from '../../parts/heat-map.tsx';
import { Panel } from '../../parts/panel.tsx';
import { AwaitsCurrency } from './choose-currency.tsx';
import type { TodayProps } from './totals.ts';

const dayMs = 86_400_000;
const fourWeeks: Range = { kind: 'last', last: '4w' };

export function WeekHours(props: TodayProps) {
  const { state, all, money } = props;
  const ms = lengthMs(state.range, all, Date.now());
  // Of years an answer by hour would be long; a year tells the week as well.
  const range = ms < 7 * dayMs ? fourWeeks : ms > 370 * dayMs ? lastYearOf(state.range, all?.to) : state.range;
  const shown = shownBy(state, money, grainOf(state));
  const query =
    shown === 'choose-currency'
      ? undefined
      : queryOf(inCurrency(state, money), { measures: [shown.measure], range, with: { window: 'hour' } }, all);
  const { answer, text, problem } = usePolled(query, 60_000).value;
  return (
    <Panel
      class="heated"
      title="Hours of the week"
      subtitle={shown !== 'choose-currency' && `${shown.title}, ${inSentence(rangeWords(range))} together`}
      query={query}
      problem={problem}
      isLoading={query !== undefined && !answer}
      isPending={query !== undefined && text !== queryText(query)}
    >
      {shown === 'choose-currency' ? (
        <AwaitsCurrency />
      ) : (
        answer && (
          <HeatMap
            caption={`${shown.title} by weekday and hour`}
            cells={hoursOfWeek(answer.rows, shown.measure)}
            text={shown.text}
            shortText={shown.shortText}
          />
        )
      )}
    </Panel>
  );
}

function lastYearOf(range: Range, to: string | undefined): Range {
  const end = range.kind === 'between' ? range.to : range.kind === 'all' ? to : undefined;
  if (end === undefined) return { kind: 'last', last: '12mo' };
  const from = new Date(Date.parse(end) - 364 * dayMs).toISOString();
  return { kind: 'between', from: end.length === 10 ? from.slice(0, 10) : from, to: end };
}
