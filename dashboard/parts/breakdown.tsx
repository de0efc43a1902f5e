// One dimension's groups, the largest first, as bars that filter the page when they are clicked.
import type { Cell, Integer } from '../data/answer.ts';
import { share } from '../data/format.ts';
import type { Dimension } from '../data/page-state.ts';
import type { Figure } from '../data/sums.ts';
import { nameWords } from '../data/words.ts';
import { Change, written } from './figure.tsx';

interface Group {
  /** null: the rest beyond the limit. */
  readonly value: Cell;
  readonly figure: Figure;
}

export interface BreakdownProps {
  readonly name: string;
  readonly dimension: Dimension;
  readonly groups: readonly Group[];
  readonly chosen: readonly string[];
  readonly text: (value: Integer) => string;
  readonly onToggle: (value: string) => void;
}

export function Breakdown({ name, groups, chosen, text, onToggle }: BreakdownProps) {
  const values = groups.map(({ figure }) => Math.max(0, Number(figure.now ?? 0)));
  // The rest is no group: beside it, the bars of many small groups would all be nothing.
  const largest = Math.max(1, ...values.filter((_, i) => groups[i]!.value !== null));
  const all = values.reduce((a, b) => a + b, 0);
  return (
    <>
      <ul class="breakdown" aria-label={`By ${name}`}>
        {groups.map(({ value, figure }, i) => (
          <li key={String(value)} class={chosen.length > 0 && !chosen.includes(String(value)) ? 'unchosen' : ''}>
            {/* A meter's length needs no inline style: an SVG takes it as a number. */}
            <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
              <rect width={value === null ? 0 : (100 * values[i]!) / largest} height="1" />
              <rect class="edge" y="0.93" width={value === null ? 0 : (100 * values[i]!) / largest} height="0.07" />
            </svg>
            {value === null ? (
              <span class="group">all others</span>
            ) : (
              <button
                type="button"
                class="group"
                aria-pressed={chosen.includes(String(value))}
                onClick={() => onToggle(String(value))}
                title={`Show ${nameWords(String(value))} only, or with what is chosen already`}
              >
                {nameWords(String(value))}
              </button>
            )}
            <span class="group-value">{written(figure.now, text)}</span>
            <span class="group-share">{all > 0 ? share(values[i]! / all) : ''}</span>
            {figure.past !== undefined && (
              <span class="group-change">
                <Change figure={figure} />
              </span>
            )}
          </li>
        ))}
      </ul>
      {chosen.length > 0 && <p class="foot">Grey: outside the filter.</p>}
    </>
  );
}
