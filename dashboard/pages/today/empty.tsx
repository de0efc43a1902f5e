// Where the range holds nothing: that it is so, and where the data is.
import { dateTime } from '../../data/format.ts';
import type { Nothing } from '../../data/nothing.ts';
import { openedWithoutRange } from '../../data/navigation.ts';
import { type PageState, today } from '../../data/page-state.ts';
import { extent, wholeExtent } from '../../data/status.ts';
import { endWords, inSentence, rangeWords } from '../../data/words.ts';
import { setRange } from '../../parts/toolbar.tsx';

export function EmptyWords({ state, nothing }: { state: PageState; nothing: Nothing | undefined }) {
  const whole = wholeExtent.value;
  const isAll = state.range.kind === 'all';
  // All there is may be shown in the place of today, which was asked for.
  if (isAll ? !openedWithoutRange || extent.value?.to === undefined : !nothing) return null;
  const at = (iso: string) => dateTime(Date.parse(iso), state.tz, 'short');
  return (
    <p class="banner" role="status">
      {isAll ? 'Nothing was ordered today.' : `${rangeWords(state.range)}: ${inSentence(nothing!.words)}`}{' '}
      {whole && (
        <>
          {isAll ? 'This is all there is:' : 'There is data from'} {at(whole.from)} {endWords(whole.to, Date.now(), at)}
          .{' '}
          <button type="button" class="action" onClick={() => setRange(isAll ? today : { kind: 'all' })}>
            {isAll ? 'Show today all the same' : 'Show all there is'}
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
