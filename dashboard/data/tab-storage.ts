// What this tab keeps until it is closed, also where the page is loaded again.

/** undefined where the browser keeps nothing for this page. */
export function inTabStorage<T>(work: (storage: Storage) => T): T | undefined {
  try {
    return work(sessionStorage);
  } catch {
    return undefined;
  }
}
