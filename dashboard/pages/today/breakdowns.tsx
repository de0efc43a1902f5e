// What the numbers are made of: by store, channel, country, category; the top products. What no rollup holds is said.
import type { ComponentChildren } from 'preact';
import { definitions } from '../../data/definitions.ts';
import { comparable, groupsOf } from '../../data/groups.ts';
import { go } from '../../data/navigation.ts';
import { type Dimension, toggled } from '../../data/page-state.ts';
import { usePolled } from '../../data/polled.ts';
import { answerableBy, filteredBy, queryOf, queryText } from '../../data/queries.ts';
import { grainOf, inCurrency, shownBy } from '../../data/shown.ts';
import { wholeExtent } from '../../data/status.ts';
import { dimensionNames } from '../../data/words.ts';
import { Breakdown } from '../../parts/breakdown.tsx';
import { Panel } from '../../parts/panel.tsx';
import { RemoveFilters } from './remove-filters.tsx';
import type { TodayProps } from './totals.ts';

export function Breakdowns(props: TodayProps & { children?: ComponentChildren }) {
  // The columns are of about the same height.
  const country = <By {...props} dimension="country" limit={12} />;
  return (
    <div class="breakdowns">
      <div class="stack">
        <By {...props} dimension="store" limit={8} />
        <By {...props} dimension="channel" limit={8} />
        {props.children && country}
      </div>
      <div class="stack">
        <By {...props} dimension="category" limit={8} />
        {props.children || country}
      </div>
      <By {...props} dimension="sku" limit={12} title="Top products" />
    </div>
  );
}

function By(props: TodayProps & { dimension: Dimension; limit: number; title?: string }) {
  const { state, all, money, nothing, dimension, limit } = props;
  const title = props.title ?? dimensionNames[dimension];
  const isItem = dimension === 'category' || dimension === 'sku';
  const shown = shownBy(state, money, isItem ? 'item' : grainOf(state));
  const filters = filteredBy(state).filter((name) => name !== dimension);
  const answerable = answerableBy(definitions.value, baseOf(shown.measure), dimension, filters);
  const isAnswerable = answerable.kind === 'answerable';
  // What no rollup holds is told only by the definitions; the server would refuse it.
  const canAsk = isAnswerable && (filters.length === 0 || definitions.value !== undefined);
  const query = canAsk
    ? queryOf(
        inCurrency(state, money),
        {
          measures: [shown.measure],
          by: [dimension],
          compare: true,
          with: { order: [`-${shown.measure}`], limit, other: true },
          beside: dimension,
        },
        all,
      )
    : undefined;
  const polled = usePolled(query).value;
  const { text, problem } = polled;
  const { answer, note } = comparable(polled.answer, wholeExtent.value?.from);
  return (
    <Panel
      class={dimension}
      title={title}
      subtitle={shown.title}
      query={query}
      problem={query === undefined ? undefined : problem}
      isLoading={isAnswerable && !answer}
      nothing={canAsk && answer?.rows.length === 0 && (nothing?.words ?? 'Nothing in this range.')}
      isPending={query !== undefined && answer !== undefined && text !== queryText(query)}
    >
      {answerable.kind === 'never' && <p class="in-words">Nothing is counted by {title.toLowerCase()} in this way.</p>}
      {answerable.kind === 'filters' && (
        <div class="in-words">
          <p>
            {title} {title.endsWith('s') ? 'are' : 'is'} not counted by{' '}
            {answerable.inTheWay.map((name) => dimensionNames[name].toLowerCase()).join(' and ')}.
          </p>
          <RemoveFilters state={state} names={answerable.inTheWay} />
        </div>
      )}
      {canAsk && answer && (
        <>
          <Breakdown
            name={title}
            dimension={dimension}
            groups={groupsOf(answer, dimension, shown.measure)}
            chosen={state.filters[dimension] ?? []}
            text={shown.plainText}
            onToggle={(value) => go({ filters: toggled(state.filters, dimension, value) })}
          />
          {shown.note && grainOf(state) === 'order' && <p class="foot">{shown.note}</p>}
          {note && <p class="foot">{note}</p>}
        </>
      )}
    </Panel>
  );
}

/** A base measure that tells which rollups hold it: net is made of gross and what was given back. */
function baseOf(measure: string): string {
  return measure === 'netMinor' ? 'grossMinor' : measure;
}
