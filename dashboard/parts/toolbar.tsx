// What the page shows: range, comparison, currency, and the filters that were clicked together.
import { useState } from 'preact/hooks';
import { shiftDay } from '../data/format.ts';
import { go, pageState } from '../data/navigation.ts';
import {
  comparisons,
  type Comparison,
  type Dimension,
  dimensions,
  type PageState,
  type Range,
  toggled,
  usualComparison,
} from '../data/page-state.ts';
import { comparisonNames, dimensionNames, isSameRange, nameWords, rangeChoices, rangeWords } from '../data/words.ts';

export function Toolbar({ currencies }: { currencies: readonly string[] }) {
  const state = pageState.value;
  const [isOpen, setOpen] = useState(false);
  const against = state.compare === 'none' ? '' : ` · against ${comparisonNames[state.compare]}`;
  return (
    <section class={`toolbar ${isOpen ? 'open' : ''}`} aria-label="What is shown">
      {/* On a phone, where the pickers would stand before every number, it says in one line what is chosen. */}
      <button type="button" class="toolbar-fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {rangeWords(state.range)}
        {against} · {state.filters.currency?.join(', ') ?? 'each currency'}{' '}
        <span aria-hidden="true">{isOpen ? '▴' : '▾'}</span>
      </button>
      <RangePicker range={state.range} />
      <div class="toolbar-row">
        <DatePicker range={state.range} />
        {state.range.kind !== 'all' && (
          <label>
            <span>against</span>
            <select
              value={state.compare}
              onChange={(event) => go({ compare: event.currentTarget.value as Comparison })}
            >
              {comparisons.map((name) => (
                <option value={name} key={name}>
                  {comparisonNames[name]}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          <span>amounts in</span>
          <CurrencyPicker state={state} currencies={currencies} />
        </label>
      </div>
      <Filters state={state} />
    </section>
  );
}

export function setRange(range: Range): void {
  go({ range, compare: usualComparison(range), window: undefined });
}

function RangePicker({ range }: { range: Range }) {
  const chosen = rangeChoices.findIndex((choice) => isSameRange(choice.range, range));
  return (
    <>
      <div class="range-row" role="group" aria-label="Range">
        {rangeChoices.map(({ range: one, name, short }, i) => (
          <button
            key={short}
            type="button"
            title={name}
            aria-pressed={i === chosen}
            aria-label={nameWith(short, name)}
            onClick={() => setRange(one)}
          >
            {short}
          </button>
        ))}
      </div>
      <label class="range-select">
        <span>range</span>
        <select value={chosen} onChange={(event) => setRange(rangeChoices[Number(event.currentTarget.value)]!.range)}>
          {chosen < 0 && <option value={-1}>{rangeWords(range)}</option>}
          {rangeChoices.map(({ name }, i) => (
            <option value={i} key={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

/** What is seen is part of what is said, so that who speaks to the page can say what they see. */
function nameWith(short: string, name: string): string {
  return ` ${name} `.toLowerCase().includes(` ${short} `.toLowerCase()) ? name : `${short}: ${name}`;
}

/** Both days are shown as included; the API takes the end as excluded. */
function DatePicker({ range }: { range: Range }) {
  const isBetween = range.kind === 'between';
  const from = isBetween ? range.from.slice(0, 10) : '';
  const to = isBetween ? (range.to.length === 10 ? shiftDay(range.to, -1) : range.to.slice(0, 10)) : '';
  const change = (first: string, lastDay: string): void => {
    if (first === '' && lastDay === '') return;
    const start = first || lastDay;
    const end = lastDay && lastDay >= start ? lastDay : start;
    setRange({ kind: 'between', from: start, to: shiftDay(end, 1) });
  };
  return (
    <fieldset class="dates">
      <legend class="unseen">Days</legend>
      <label>
        <span>from</span>
        <input type="date" value={from} min="2000-01-01" onChange={(event) => change(event.currentTarget.value, to)} />
      </label>
      <label>
        <span>to</span>
        <input type="date" value={to} min="2000-01-01" onChange={(event) => change(from, event.currentTarget.value)} />
      </label>
    </fieldset>
  );
}

function CurrencyPicker({ state, currencies }: { state: PageState; currencies: readonly string[] }) {
  const chosen = state.filters.currency ?? [];
  const known = [...new Set([...currencies, ...chosen])].toSorted();
  const value = chosen.length === 1 ? chosen[0] : chosen.length === 0 ? '' : '…';
  return (
    <select
      value={value}
      onChange={(event) => {
        const { currency: _, ...others } = state.filters;
        const { value: picked } = event.currentTarget;
        go({ filters: picked === '' ? others : { ...others, currency: [picked] } });
      }}
    >
      <option value="">each currency</option>
      {value === '…' && <option value="…">{chosen.join(', ')}</option>}
      {known.map((name) => (
        <option value={name} key={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Filters({ state }: { state: PageState }) {
  const chosen = dimensions.flatMap((name) => (state.filters[name] ?? []).map((value) => ({ name, value })));
  if (chosen.length === 0) return null;
  const without = (name: Dimension, value: string) => () => go({ filters: toggled(state.filters, name, value) });
  return (
    <ul class="chips" aria-label="Filters">
      {chosen.map(({ name, value }) => (
        <li key={`${name} ${value}`}>
          <button
            type="button"
            onClick={without(name, value)}
            aria-label={`Remove filter ${dimensionNames[name]} ${nameWords(value)}`}
          >
            <span class="chip-name">{dimensionNames[name]}</span> {nameWords(value)} <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
      <li>
        <button type="button" class="clear" onClick={() => go({ filters: {} })}>
          clear all
        </button>
      </li>
    </ul>
  );
}
