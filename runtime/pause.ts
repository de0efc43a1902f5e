// A wait that ends early when it is called off.

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const timer = setTimeout(end, ms);
  signal.addEventListener('abort', end);
  await promise;
  clearTimeout(timer);
  // The signal outlives the pause: an outage of hours must not pile listeners up on it.
  signal.removeEventListener('abort', end);
}
