// Parts of the dashboard that a first look does without: loaded when they are needed, or before, once the browser has
// nothing else to do. Their files go with the build that they are of: a page that was opened before another one was
// deployed asks for what is gone. Whoever goes to such a page gets the new build by loading the address anew, once a build;
// else it is said.
//
// none → loading → here; away where the server does not answer, gone where it does and the file is not there.
import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { liveAnswer } from './live.ts';
import { pageState } from './navigation.ts';
import type { Page } from './page-state.ts';
import { inTabStorage } from './tab-storage.ts';

type Loading<M> =
  | { readonly kind: 'none' | 'loading' | 'away' | 'gone' }
  | { readonly kind: 'here'; readonly module: M };

export interface LaterPart<M> {
  readonly state: ReadonlySignal<Loading<M>>;
  /** Never throws: what became of it is in the state. */
  need(): Promise<void>;
  /** As far as nothing is in the way; nobody waits for it. */
  preload(): Promise<void>;
}

const place = 'tidemark-loaded-anew';
const answerMs = 10_000;

function createLater<M>(page: Page, load: () => Promise<M>): LaterPart<M> {
  const state = signal<Loading<M>>({ kind: 'none' });
  const bring = async () => void (state.value = { kind: 'here', module: await load() });
  return {
    state,
    async need() {
      const { kind } = state.peek();
      if (kind === 'here' || kind === 'loading') return;
      state.value = { kind: 'loading' };
      await bring().catch(async () => {
        if (!(await isServed())) state.value = { kind: 'away' };
        else if (pageState.peek().page === page && isFirstTime()) location.reload();
        else state.value = { kind: 'gone' };
      });
    },
    preload: () => bring().catch(() => undefined),
  };
}

export const pipelinePart = createLater('pipeline', () => import('../pages/later-pages.ts'));
/** Also what saves a query as a report, from any page. */
export const reportsPart = createLater('reports', () => import('../pages/later-pages.ts'));

const isAnswered = computed(() => liveAnswer.value !== undefined);

/** Once the first numbers are there, so that the way from page to page is short. */
export function preloadWhenIdle(): void {
  effect(() => {
    if (!isAnswered.value) return;
    // Not in every browser.
    const soon = 'requestIdleCallback' in globalThis ? requestIdleCallback : setTimeout;
    soon(() => void Promise.all([pipelinePart.preload(), reportsPart.preload()]));
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
