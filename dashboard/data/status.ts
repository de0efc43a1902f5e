// The pipeline's state as GET /v1/status tells it: the extent of all data, and what the pages about the pipeline show.
import { computed, effect, signal, untracked } from '@preact/signals';
import type { Status } from '../../api/client.ts';
import { backOffMs } from './back-off.ts';
import { client } from './client.ts';
import { localDate } from './format.ts';
import { liveAnswer } from './live.ts';
import { pageState } from './navigation.ts';
import type { Extent } from './page-state.ts';

const told = signal<Status | undefined>(undefined);
/** undefined: not known yet; null: there is no data. */
export const extent = computed(() => told.value && extentIn(told.value, pageState.value.tz, Date.now()));
/** In full, as the server told it. */
export const wholeExtent = computed(() => told.value?.extent ?? null);

const dayMs = 86_400_000;
const run = computed(() => liveAnswer.value?.provenance.run ?? '');

/** Asks for the extent until it is known, and again with each batch run: it brings what is older than all before. */
export function followExtent(): void {
  effect(() => {
    const wanted = run.value;
    const known = told.peek();
    if (known?.extent && known.run.id >= wanted) return undefined;
    const ending = new AbortController();
    void untracked(() => ask(ending.signal));
    return () => ending.abort();
  });
}

async function ask(ending: AbortSignal): Promise<void> {
  for (let failures = 1; !ending.aborted; failures++) {
    try {
      const status = await client.status();
      if (ending.aborted) return;
      told.value = status;
      if (status.extent !== null) return;
    } catch {
      // Serving is away or not ready: the truth strip says so.
    }
    await new Promise((resolve) => setTimeout(resolve, backOffMs(failures, Math.random())));
  }
}

function extentIn({ extent }: Status, tz: string, nowMs: number): Extent | null {
  if (extent === null) return null;
  const [from, to] = [Date.parse(extent.from), Date.parse(extent.to)];
  const first = localDate(from, tz);
  // Where orders still come in, the range has no end.
  return nowMs - to < dayMs ? { from: first } : { from: first, to: localDate(to - 1 + dayMs, tz) };
}
