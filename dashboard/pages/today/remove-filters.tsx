// A button for each filter that is in the way of a number.
import { go } from '../../data/navigation.ts';
import type { Dimension, PageState } from '../../data/page-state.ts';
import { dimensionNames } from '../../data/words.ts';

export function RemoveFilters({ state, names }: { state: PageState; names: readonly Dimension[] }) {
  return (
    <p class="choices">
      {names.map((name) => (
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
  );
}
