// The pipeline's state as GET /v1/status tells it: the extent of all data, and what the pages about the pipeline show.
import { effect, signal } from '@preact/signals';
import type { Status } from '../../api/client.ts';
import { backOffMs } from './back-off.ts';
import { client } from './client.ts';
import { localDate } from './format.ts';
import { pageState } from './navigation.ts';
import type { Extent } from './page-state.ts';
import { isWatched } from './visibility.ts';

const told = signal<Status | undefined>(undefined);
/** undefined: not known yet; null: there is no data. */
export const extent = signal<Extent | null | undefined>(undefined);
/** In full, as the server told it. */
export const wholeExtent = signal<Status['extent']>(null);

const dayMs = 86_400_000;
const againMs = 60_000;

/** Asks until the extent is known, and once a minute after that: it grows with the data. Runs as long as the page is open. */
export async function followExtent(): Promise<void> {
  effect(() => {
    if (told.value) extent.value = extentIn(told.value, pageState.value.tz, Date.now());
  });
  for (let failures = 0; ; ) {
    try {
      if (failures > 0 || isWatched.peek()) {
        const status = await client.status();
        wholeExtent.value = status.extent;
        told.value = status;
      }
      failures = wholeExtent.value === null ? failures + 1 : 0;
    } catch {
      // Serving is away or not ready: the truth strip says so.
      failures += 1;
    }
    const waitMs = failures === 0 ? againMs : backOffMs(failures, Math.random());
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

function extentIn({ extent }: Status, tz: string, nowMs: number): Extent | null {
  if (extent === null) return null;
  const [from, to] = [Date.parse(extent.from), Date.parse(extent.to)];
  const first = localDate(from, tz);
  // Where orders still come in, the range has no end.
  return nowMs - to < dayMs ? { from: first } : { from: first, to: localDate(to - 1 + dayMs, tz) };
}
