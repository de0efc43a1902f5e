// What a first look at the dashboard does without, one file: loaded when it is needed, or before, once the browser has
// nothing else to do. The file goes with the build that it is of: a page that was opened before another one was
// deployed asks for what is gone. Whoever goes to such a page gets the new build by loading the address anew, once a build;
// else it is said.
//
// none → loading → here; away where the server does not answer, gone where it does and the file is not there.
import { computed, effect, signal } from '@preact/signals';
import { liveAnswer } from './live.ts';
import { pageState } from './navigation.ts';
import { inTabStorage } from './tab-storage.ts';

const load = () => import('../pages/later-pages.ts');
export type LaterPages = Awaited<ReturnType<typeof load>>;

type Loading =
  | { readonly kind: 'none' | 'loading' | 'away' | 'gone' }
  | { readonly kind: 'here'; readonly module: LaterPages };

export const laterPages = signal<Loading>({ kind: 'none' });

const place = 'tidemark-loaded-anew';
const answerMs = 10_000;

const bring = async () => void (laterPages.value = { kind: 'here', module: await load() });

/** Never throws: what became of it is in the state. */
export async function needLaterPages(): Promise<void> {
  const { kind } = laterPages.peek();
  if (kind === 'here' || kind === 'loading') return;
  laterPages.value = { kind: 'loading' };
  await bring().catch(async () => {
    if (!(await isServed())) laterPages.value = { kind: 'away' };
    // Today is here: what is missed there is a dialog's, and what was typed stays.
    else if (pageState.peek().page !== 'today' && isFirstTime()) location.reload();
    else laterPages.value = { kind: 'gone' };
  });
}

const isAnswered = computed(() => liveAnswer.value !== undefined);

/** Once the first numbers are there, so that the way from page to page is short. */
export function preloadWhenIdle(): void {
  effect(() => {
    if (!isAnswered.value) return;
    // Not in every browser.
    const soon = 'requestIdleCallback' in globalThis ? requestIdleCallback : setTimeout;
    // As far as nothing is in the way; nobody waits for it.
    soon(() => void bring().catch(() => undefined));
  });
}

async function isServed(): Promise<boolean> {
  const asked = { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(answerMs) } as const;
  const response = await fetch(location.pathname, asked).catch(() => undefined);
  return response?.ok ?? false;
}

/** That this build is loaded anew by itself. False where that cannot be kept: it might go on for ever. */
function isFirstTime(): boolean {
  const build = import.meta.url;
  const isFirst = (storage: Storage): boolean => {
    if (storage.getItem(place) === build) return false;
    storage.setItem(place, build);
    return true;
  };
  return inTabStorage(isFirst) ?? false;
}
