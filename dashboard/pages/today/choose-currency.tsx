// In place of all that would show amounts of several currencies, which are never added: asks for one, once.
import { go } from '../../data/navigation.ts';
import { MeasurePicker } from '../../parts/measure-picker.tsx';
import { Panel } from '../../parts/panel.tsx';
import type { TodayProps } from './totals.ts';

export function ChooseCurrency(props: Pick<TodayProps, 'state' | 'currencies' | 'nothing'> & { isLoading: boolean }) {
  const { state, currencies, nothing, isLoading } = props;
  return (
    <Panel title="Charts and breakdowns" isLoading={isLoading} nothing={nothing?.words} actions={<MeasurePicker />}>
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
    </Panel>
  );
}
