// Answers of GET by address, as they were written: an address that is asked again while nothing changed costs no parsing, no
// plan and no store. Holds answers of one standing only (standing.ts): when anything that an answer depends on changes, all
// of them go. Requests that come while their answer is computed share it. Bounded in bytes; the oldest go first.
import type { Answer, PreparedAnswer } from './answer-query.ts';
import type { Query } from './query.ts';
import { answersAlike, type Standing } from './standing.ts';

/** An answer as it is sent. */
export interface WrittenAnswer {
  readonly headers: Readonly<Record<string, string>>;
  /** As text where it is short: Node sends that with the header in one write. */
  readonly body: Buffer | string;
  readonly bytes: number;
}

export interface KnownAnswer {
  readonly query: Query;
  readonly tag: string;
  /** undefined until it was written once, or where it is too long to be kept. */
  readonly written: WrittenAnswer | undefined;
  /** One computation at a time, whoever asks; a failed one is forgotten. */
  compute(): Promise<Answer>;
  /** Remembers what was sent. */
  keep(written: WrittenAnswer): void;
}

export interface AnswerMemo {
  /** undefined where the address was not asked at this standing. */
  find(address: string, standing: Standing): KnownAnswer | undefined;
  /** `standing` of what is prepared is the one that `find` was just asked for. Throws what `prepare` throws. */
  add(address: string, query: Query, prepare: () => PreparedAnswer): KnownAnswer;
  /** Lets go of what is of an earlier standing. */
  forgetUnless(standing: Standing | undefined): void;
}

export interface MemoBounds {
  /** Of all answers, with an allowance for each entry. */
  readonly totalBytes: number;
  /** Longer ones are not kept. */
  readonly answerBytes: number;
}

interface Entry extends KnownAnswer {
  written: WrittenAnswer | undefined;
  bytes: number;
}

const entryBytes = 2_000;

export function createAnswerMemo({ totalBytes, answerBytes }: MemoBounds): AnswerMemo {
  let present: Standing | undefined;
  let entries = new Map<string, Entry>();
  let held = 0;

  function grow(address: string, entry: Entry, bytes: number): void {
    // Of an earlier standing, or dropped already.
    if (entries.get(address) !== entry) return;
    entry.bytes += bytes;
    held += bytes;
    for (const [oldest, { bytes: freed }] of entries) {
      if (held <= totalBytes) return;
      entries.delete(oldest);
      held -= freed;
    }
  }

  function forgetUnless(standing: Standing | undefined): void {
    if (!present || (standing && answersAlike(present, standing))) return;
    present = undefined;
    entries = new Map();
    held = 0;
  }

  return {
    find(address, standing) {
      forgetUnless(standing);
      present = standing;
      return entries.get(address);
    },
    forgetUnless,
    add(address, query, prepare) {
      let computing: Promise<Answer> | undefined;
      let prepared: PreparedAnswer | undefined = prepare();
      const { tag } = prepared;
      // Begun in this turn or planned anew: a plan holds up to 100,000 windows, far more than an entry is weighed with.
      queueMicrotask(() => (prepared = undefined));
      const entry: Entry = {
        query,
        tag,
        written: undefined,
        bytes: 0,
        compute: () =>
          (computing ??= (prepared ?? prepare()).compute().finally(() => {
            computing = undefined;
          })),
        keep(written) {
          if (entry.written || written.bytes > answerBytes) return;
          entry.written = written;
          grow(address, entry, written.bytes);
        },
      };
      entries.set(address, entry);
      grow(address, entry, entryBytes + 2 * address.length);
      return entry;
    },
  };
}
