// What a reader lacks: between any two answers the change makes the one of the other, and what is not known is a state.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Answer } from './answer-query.ts';
import { createAnswerTrack, type StreamEvent } from './stream-track.ts';

type Rows = readonly { windowStart: string; store: string; orders: number }[];

function answerOf(rows: Rows, to = 'now'): Answer {
  return { rows, query: { by: ['store'], to }, provenance: { token: 't' } } as unknown as Answer;
}
const row = (store: string, orders: number) => ({ windowStart: 'w', store, orders });

function dataOf(event: StreamEvent | undefined) {
  return event && JSON.parse(/^data: (.*)$/m.exec(String(event.bytes))![1]!);
}

test('a change from any known answer makes the present one, rows that went and came back included', () => {
  const rows = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(2)), {
    selector: ([store]) => store,
  });
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1 }), (history) => {
      const track = createAnswerTrack();
      const states = history.map((list) => list.map(([store, orders]) => row(store, orders)));
      for (const [i, state] of states.entries()) track.take(answerOf(state), `id${i}`, false);
      for (const [i, state] of states.entries()) {
        const reader = new Map(state.map((each) => [each.store, each]));
        const data = dataOf(track.eventSince(track.tickOf(`id${i}`), 0));
        for (const { store } of data?.removed ?? []) reader.delete(store);
        for (const upsert of data?.upserts ?? []) reader.set(upsert.store, upsert);
        expect(new Map(states.at(-1)!.map((each) => [each.store, each]))).toEqual(reader);
      }
    }),
  );
});

test('what was told too long ago is not known any more: a state', () => {
  const track = createAnswerTrack();
  for (let i = 0; i < 700; i += 1) track.take(answerOf([row('a', i)]), `id${i}`, false);
  expect(track.tickOf('id0')).toBeUndefined();
  expect(track.eventSince(1, 0)).toMatchObject({ name: 'state' });
  expect(track.eventSince(track.tickOf('id650'), 0)).toMatchObject({ name: 'change' });
});

test('equal readers share one text; nothing changed is no event; the range is told where it moved', () => {
  const track = createAnswerTrack();
  track.take(answerOf([row('a', 1)]), 'id1', true);
  expect(track.eventSince(undefined, -1)).toBe(track.eventSince(undefined, 0));
  expect(track.eventSince(1, 1)).toBeUndefined();
  expect(track.eventSince(1, -1)).toMatchObject({ name: 'provenance' });
  track.take(answerOf([row('a', 1)], 'later'), 'id2', false);
  expect(dataOf(track.eventSince(1, 1))).toEqual({ upserts: [], removed: [], query: { by: ['store'], to: 'later' } });
});

test('where two rows have one key only whole states are told', () => {
  const track = createAnswerTrack();
  track.take(answerOf([row('a', 1), row('a', 2)]), 'id1', false);
  track.take(answerOf([row('a', 1), row('a', 3)]), 'id2', false);
  expect(dataOf(track.eventSince(1, 1))).toMatchObject({ rows: [{ orders: 1 }, { orders: 3 }] });
});
