// What the numbers are made of: by store, channel, country, category; the top products. What no rollup holds is said.
import type { ComponentChildren } from 'preact';
import { definitions } from '../../data/definitions.ts';
import { groupsOf } from '../../data/groups.ts';
import { go } from '../../data/navigation.ts';
import { type Dimension, toggled } from '../../data/page-state.ts';
import { usePolled } from '../../data/polled.ts';
import { answerableBy, filteredBy, queryOf, queryText } from '../../data/queries.ts';
import { grainOf, inCurrency, shownBy } from '../../data/shown.ts';
import { dimensionNames } from '../../data/words.ts';
import { Breakdown } from '../../parts/breakdown.tsx';
import { Panel } from '../../parts/panel.tsx';
import { AwaitsCurrency } from './choose-currency.tsx';
import type { TodayProps } from './totals.ts';

export function Breakdowns(props: TodayProps & { children?: ComponentChildren }) {
  return (
    <div class="breakdowns">
      <div class="stack">
        <By {...props} dimension="store" limit={8} />
        <By {...props} dimension="channel" limit={8} />
      </div>
      <By {...props} dimension="country" limit={12} />
      <div class="stack">
        <By {...props} dimension="category" limit={8} />
        {props.children}
      </div>
      <By {...props} dimension="sku" limit={12} title="Top products" />
    </div>
  );
}

function By(props: TodayProps & { dimension: Dimension; limit: number; title?: string }) {
  const { state, all, money, dimension, limit } = props;
  const title = props.title ?? dimensionNames[dimension];
  const isItem = dimension === 'category' || dimension === 'sku';
  const shown = shownBy(state, money, isItem ? 'item' : grainOf(state));
  const filters = filteredBy(state).filter((name) => name !== dimension);
  const answerable =
    shown === 'choose-currency'
      ? ({ kind: 'answerable' } as const)
      : answerableBy(definitions.value, baseOf(shown.measure), dimension, filters);
  const canAsk = shown !== 'choose-currency' && answerable.kind === 'answerable';
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
  const { answer, text, problem } = usePolled(query).value;
  return (
    <Panel
      class={dimension}
      title={title}
      subtitle={shown !== 'choose-currency' && shown.title}
      query={query}
      problem={query === undefined ? undefined : problem}
      isLoading={query !== undefined && !answer}
      isPending={query !== undefined && answer !== undefined && text !== queryText(query)}
    >
      {shown === 'choose-currency' && <AwaitsCurrency />}
      {answerable.kind === 'never' && <p class="in-words">Nothing is counted by {title.toLowerCase()} in this way.</p>}
      {answerable.kind === 'filters' && (
        <div class="in-words">
          <p>
            {title} {title.endsWith('s') ? 'are' : 'is'} not counted by{' '}
            {answerable.inTheWay.map((name) => dimensionNames[name].toLowerCase()).join(' and ')}.
          </p>
          <p class="choices">
            {answerable.inTheWay.map((name) => (
              <button
                key={name}
                type="button"
                class="action"
                onClick={() => {
                  const { [name]: _, ...others } = state.filters;
                  go({ filters: others });
                }}
              >
                Remove the filter on {dimensionNames[name].toLowerCase()}
              </button>
            ))}
          </p>
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
        </>
      )}
    </Panel>
  );
}

/** A base measure that tells which rollups hold it: net is made of gross and what was given back. */
function baseOf(measure: string): string {
  return measure === 'netMinor' ? 'grossMinor' : measure;
}
