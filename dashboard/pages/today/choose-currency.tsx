// In place of amounts of several currencies, which are never added: the first chart asks for one, the others wait for it.
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

export function AwaitsCurrency() {
  return <p class="blank">Shown once a currency is chosen.</p>;
}
