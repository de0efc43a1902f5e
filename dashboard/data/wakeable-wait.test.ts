// The wait between two attempts of the stream: what ends it, and what does not.
import { expect, test } from 'vitest';
import { createWakeableWait } from './wakeable-wait.ts';

const never = new AbortController().signal;

function waiting() {
  const one = createWakeableWait();
  const state = { ended: 0 };
  const wait = (): Promise<void> => one.wait(60_000, never).then(() => void state.ended++);
  return { ...one, wait, state };
}

/** After silence, once. */
async function wokenByAnswer() {
  const one = waiting();
  one.heard(false);
  const first = one.wait();
  one.heard(true);
  await first;
  return one;
}

test('an answer to another request ends it once the server was silent, and anybody may', async () => {
  const { wait, wake, state } = await wokenByAnswer();
  const second = wait();
  wake();
  await second;
  expect(state.ended).toBe(2);
});

test('attempts that fail alone, while all else is answered, are not made any sooner', async () => {
  const { wait, wake, heard, state } = await wokenByAnswer();
  const second = wait();
  heard(true);
  heard(true);
  await Promise.resolve();
  expect(state.ended).toBe(1);
  heard(false);
  heard(true);
  await second;
  wake();
  expect(state.ended).toBe(2);
});

test('an answer between two waits is no news for the next one, the one after it is', async () => {
  const { wait, heard, state } = waiting();
  heard(false);
  heard(true);
  const first = wait();
  await Promise.resolve();
  expect(state.ended).toBe(0);
  heard(true);
  await first;
});

test('a page that is left rejects it', async () => {
  const { wait } = createWakeableWait();
  const ending = new AbortController();
  const one = wait(60_000, ending.signal);
  ending.abort(new Error('left'));
  await expect(one).rejects.toThrow('left');
});
