// Whether anybody looks at the page. A hidden page keeps what it shows, but asks for nothing: it gives its connection to
// those that are looked at (browsers allow six an origin).
import { signal } from '@preact/signals';

/** Switching to and fro costs no new connection. */
const hiddenForMs = 10_000;

export const isWatched = signal(true);

let timer: ReturnType<typeof setTimeout> | undefined;

export function followVisibility(): void {
  const look = (): void => {
    clearTimeout(timer);
    if (document.visibilityState === 'visible') isWatched.value = true;
    else timer = setTimeout(() => (isWatched.value = false), hiddenForMs);
  };
  document.addEventListener('visibilitychange', look);
  look();
}
