// Which measure the charts and breakdowns of a page show.
import { go, pageState } from '../data/navigation.ts';
import { shownMeasures } from '../data/page-state.ts';
import { measureNames } from '../data/words.ts';

export function MeasurePicker() {
  const { measure } = pageState.value;
  return (
    <div class="segments" role="group" aria-label="Measure">
      {shownMeasures.map((name) => (
        <button key={name} type="button" aria-pressed={name === measure} onClick={() => go({ measure: name })}>
          {measureNames[name]}
        </button>
      ))}
    </div>
  );
}
