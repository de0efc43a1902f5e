// Where the range holds nothing: that it is so, and where the data is.
import { localDateTime } from '../../data/format.ts';
import { openedWithoutRange } from '../../data/navigation.ts';
import { type PageState, today } from '../../data/page-state.ts';
import { extent, wholeExtent } from '../../data/status.ts';
import { rangeWords } from '../../data/words.ts';
import { setRange } from '../../parts/toolbar.tsx';

export function EmptyWords({ state, isEmpty }: { state: PageState; isEmpty: boolean }) {
  const whole = wholeExtent.value;
  if (state.range.kind === 'all' && openedWithoutRange && extent.value?.to !== undefined && whole) {
    return (
      <p class="banner" role="status">
        Nothing was ordered today. This is all there is: {localDateTime(whole.from)} to {localDateTime(whole.to)}.{' '}
        <button type="button" class="action" onClick={() => setRange(today)}>
          Show today all the same
        </button>
      </p>
    );
  }
  if (!isEmpty || state.range.kind === 'all') return null;
  return (
    <p class="banner" role="status">
      {rangeWords(state.range)} holds nothing{Object.keys(state.filters).length > 0 ? ' with these filters' : ''}.{' '}
      {whole && (
        <>
          There is data from {localDateTime(whole.from)} to {localDateTime(whole.to)}.{' '}
          <button type="button" class="action" onClick={() => setRange({ kind: 'all' })}>
            Show all there is
          </button>
        </>
      )}
    </p>
  );
}

/** The page before there is anything. */
export function FirstStart() {
  return (
    <>
      <h1 class="unseen">Today</h1>
      <section class="banner first-start" role="status">
        <h2>No orders yet</h2>
        <p>
          The first one shows here within a second of being sent. To see that at once, let a simulated shop send some:
        </p>
        <p>
          <code>npx tidemark simulate</code>
        </p>
      </section>
    </>
  );
}
