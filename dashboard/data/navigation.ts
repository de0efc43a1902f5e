// The page's state and its address, held equal: each change is a step of the browser's history.
import { computed, signal } from '@preact/signals';
import { addressOf, type PageState, readState } from './page-state.ts';

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const read = () => readState(location.pathname, location.search, zone);

const current = signal(read());
/** Changed by `go` and by the browser's back and forward. */
export const pageState = computed(() => current.value.state);
/** Parts of the address that say nothing known. */
export const ignoredParts = computed(() => current.value.ignored);
/** The address named no range when the page was opened: it may choose one that has data. */
export const openedWithoutRange = current.value.isRangeOpen;

export function followHistory(): void {
  addEventListener('popstate', () => (current.value = read()));
}

/** `replace`: no step of its own, for what the page settles by itself. */
export function go(change: Partial<PageState>, how: 'step' | 'replace' = 'step'): void {
  const state = { ...current.value.state, ...change };
  const address = addressOf(state);
  // What was left aside is told until the reader goes somewhere.
  current.value = { state, isRangeOpen: false, ignored: how === 'replace' ? current.value.ignored : [] };
  if (how === 'replace') history.replaceState(null, '', address);
  else if (address !== location.pathname + location.search) history.pushState(null, '', address);
}

/** A link's address for what `go` would do. */
export function linkTo(change: Partial<PageState>): string {
  return addressOf({ ...current.value.state, ...change });
}
