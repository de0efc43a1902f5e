// In place of a chart of amounts of several currencies, which are never added.
import { go } from '../../data/navigation.ts';
import type { TodayProps } from './totals.ts';

export function ChooseCurrency({ state, currencies }: Pick<TodayProps, 'state' | 'currencies'>) {
  return (
    <div class="blank">
      <p>Amounts of different currencies are never added. Choose one:</p>
      <p class="choices">
        {currencies.map((name) => (
          <button
            key={name}
            type="button"
            class="action"
            onClick={() => go({ filters: { ...state.filters, currency: [name] } })}
          >
            {name}
          </button>
        ))}
      </p>
    </div>
  );
}
