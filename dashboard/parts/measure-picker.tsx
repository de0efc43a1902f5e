// Which measure the charts and breakdowns of a page show.
import { go, pageState } from '../data/navigation.ts';
import { shownMeasures } from '../data/page-state.ts';
import { grainOf } from '../data/shown.ts';
import { measureNames } from '../data/words.ts';

export function MeasurePicker() {
  const { measure } = pageState.value;
  const isItem = grainOf(pageState.value) === 'item';
  return (
    <div class="segments" role="group" aria-label="Measure">
      {shownMeasures.map((name) => (
        <button
          key={name}
          type="button"
          disabled={isItem && name === 'orders'}
          title={isItem && name === 'orders' ? 'Orders are not counted by category or product' : undefined}
          aria-pressed={name === (isItem && measure === 'orders' ? 'units' : measure)}
          onClick={() => go({ measure: name })}
        >
          {measureNames[isItem && name === 'netMinor' ? 'itemMinor' : name]}
        </button>
      ))}
    </div>
  );
}
