// The page that the shop owner leaves open: the numbers of a range, live, and what they are made of.
import { useEffect, useMemo } from 'preact/hooks';
import { answeredQuery, connection, liveAnswer, streamQuery } from '../data/live.ts';
import { queryText } from '../data/queries.ts';
import { minorDigits } from '../data/format.ts';
import { comparable, textIn } from '../data/groups.ts';
import { nothingIn } from '../data/nothing.ts';
import { go, openedWithoutRange, pageState } from '../data/navigation.ts';
import { today } from '../data/page-state.ts';
import { grainOf, type Money, needsCurrency } from '../data/shown.ts';
import { extent, wholeExtent } from '../data/status.ts';
import { rangeWords } from '../data/words.ts';
import { Toolbar } from '../parts/toolbar.tsx';
import { ChooseCurrency } from './today/choose-currency.tsx';
import { EmptyWords, FirstStart } from './today/empty.tsx';
import { Figures } from './today/figures.tsx';
import { Breakdowns } from './today/breakdowns.tsx';
import { Course } from './today/course.tsx';
import { LastHour } from './today/last-hour.tsx';
import { Returns } from './today/returns.tsx';
import { totalsQuery, useCurrencies } from './today/totals.ts';
import { WeekHours } from './today/week-hours.tsx';

let hasChosenRange = !openedWithoutRange;

export function TodayPage() {
  const state = pageState.value;
  const all = extent.value;
  const isWaiting = state.range.kind === 'all' && all === undefined;
  const query = totalsQuery(state, all ?? undefined);
  const text = queryText(query);
  useEffect(() => {
    if (!isWaiting) streamQuery(query);
  }, [text, isWaiting]);
  useEffect(() => {
    // Opened on today, which is empty: what there is is shown instead, and said.
    if (hasChosenRange || !all) return;
    hasChosenRange = true;
    if (all.to !== undefined) go({ range: { kind: 'all' }, compare: 'none' }, 'replace');
  }, [all]);

  const dataFrom = wholeExtent.value?.from;
  const told = liveAnswer.value;
  const { answer, note } = useMemo(() => comparable(told, dataFrom), [told, dataFrom]);
  const isPending = answeredQuery.value !== text;
  const currencies = useCurrencies(state, all ?? undefined);
  const inUse = [...new Set((answer?.rows ?? []).map((row) => textIn(row, 'currency')))].toSorted();
  const chosen = state.filters.currency ?? inUse;
  const money: Money | undefined =
    chosen.length === 1
      ? { currency: chosen[0]!, digits: minorDigits(answer?.currencies ?? {}, chosen[0]!) }
      : undefined;
  const nothing = nothingIn(answer, wholeExtent.value);
  const props = { state, all: all ?? undefined, money, currencies, nothing };
  const totals = { ...props, query, answer, note, isPending };
  // Before the first order each panel would say the same.
  if (all === null && nothing && connection.value.kind !== 'refused') return <FirstStart />;
  return (
    <>
      <h1 class="unseen">{rangeWords(state.range)}</h1>
      <Toolbar currencies={currencies} />
      <EmptyWords state={state} nothing={isPending ? undefined : nothing} />
      {connection.value.kind === 'refused' ? (
        <p class="banner trouble">
          {connection.value.problem.detail}
          <button type="button" class="action" onClick={() => go({ filters: {}, range: today })}>
            Show today without filters
          </button>
        </p>
      ) : (
        <>
          <Figures {...totals} />
          {needsCurrency(state, money) ? (
            <ChooseCurrency {...props} isLoading={!answer} />
          ) : (
            <>
              <div class="columns">
                <Course {...props} />
                <LastHour {...props} />
              </div>
              <Breakdowns {...props}>{grainOf(state) === 'order' && <Returns {...totals} />}</Breakdowns>
              <WeekHours {...props} />
            </>
          )}
        </>
      )}
    </>
  );
}
