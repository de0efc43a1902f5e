// One streamed query at one interval: computed and written down once a tick, whatever the number of its readers.
//
// idle     nobody reads. What was told is kept, so that who comes back continues. A reader → running.
// running  1. answer the query: one cut a tick, never two at a time; 2. give each reader what it lacks; 3. wait the
//          interval; 4. wait until something changed: the live part, the run, what the pipeline says, the minute of the clock
//          (which alone moves ranges that are open or relative) → 1. Nobody reads any more → idle.
// A query that cannot be answered is told once as a problem, and tried again: after it, readers get what they lack.
// A reader whose connection is full is passed over; when it is free again it gets what it lacks since its own last event.
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../runtime/logger.ts';
import { Problem, type ProblemFields, problemDocument } from '../runtime/problem.ts';
import { decodeToken, type Token } from '../schemas/token.ts';
import { type Answer, answerQuery, type QueryDependencies } from './answer-query.ts';
import { coversToken } from './await-token.ts';
import type { Query } from './query.ts';
import type { StreamMeter } from './stream-metrics.ts';
import { tellProvenance } from './provenance.ts';
import { createAnswerTrack, eventOf, type StreamEvent } from './stream-track.ts';

/** Where a reader's events go. */
export interface StreamSink {
  /** False while the connection is full: nothing more is written then. */
  ready(): boolean;
  write(bytes: Buffer): void;
  end(): void;
}

export interface StreamChannel {
  /** `lastId`: the event that the reader saw last. `floor`: nothing is told that does not cover it. */
  join(
    sink: StreamSink,
    from: { readonly lastId?: string | undefined; readonly floor?: Token | undefined },
  ): ChannelReader;
  /** Ends the connections of all readers: they come back to another server, or to this one anew. */
  close(): void;
}

interface ChannelReader {
  /** Resolves once there is an answer, with the problem that stands against it if there is one. */
  first(): Promise<ProblemFields | undefined>;
  /** The connection takes events (again). */
  resume(): void;
  leave(): void;
}

export interface StreamChannelDependencies extends QueryDependencies {
  readonly log: Logger;
  readonly meter: StreamMeter;
}

interface Reader {
  readonly sink: StreamSink;
  /** What it saw before it came: looked up at its first event. */
  readonly lastId: string | undefined;
  floor: Token | undefined;
  /** Tick of the rows and of the provenance that it has. */
  tick: number | undefined;
  provenance: number;
  told: StreamEvent | undefined;
}

/** A stream is for pages and tools that follow numbers, not for exports. */
const maxRows = 10_000;
const idleLookMs = 1_000;
const provenanceEveryMs = 1_000;
const minuteMs = 60_000;

export function createStreamChannel(
  dependencies: StreamChannelDependencies,
  query: Query,
  minIntervalMs: number,
): StreamChannel {
  const { live, pipeline, clock, log, meter } = dependencies;
  const track = createAnswerTrack();
  const readers = new Set<Reader>();
  const closing = new AbortController();
  let running = false;
  /** Since it runs there was a tick: until then what is kept may be old. */
  let fresh = false;
  const waiting: ((problem: ProblemFields | undefined) => void)[] = [];
  let present: Pick<Token, 'run' | 'vector'> | undefined;
  let problem: { readonly fields: ProblemFields; readonly event: StreamEvent } | undefined;
  let told = { words: '', text: '', at: Number.NEGATIVE_INFINITY };
  let pendingProvenance = false;

  /** All that can change an answer and is not the live part. */
  function factsNow(): string {
    const cut = live.capture();
    const lag = cut && pipeline.lagOf(cut.vector);
    const minute = Math.floor(clock() / minuteMs);
    return JSON.stringify([
      minute,
      pipeline.notes(),
      pipeline.deadLetters()?.total,
      lag?.records,
      lag && Math.floor(lag.ms / 1_000),
    ]);
  }

  async function compute(): Promise<void> {
    const nowMs = clock();
    meter.tick();
    try {
      const answer = await answerQuery({ ...dependencies, clock: () => nowMs }, query);
      if (answer.rows.length > maxRows) throw tooLarge();
      const { token } = answer.provenance;
      // Of one token and one minute there is one answer: within a minute, time alone changes nothing.
      const told = { ...answer, provenance: tellProvenance(answer.provenance, query.provenance) };
      track.take(told, `${token}.${Math.floor(nowMs / minuteMs).toString(36)}`, provenanceDue(answer));
      present = decodeToken(token);
      problem = undefined;
    } catch (error) {
      if (!(error instanceof Problem)) log.error({ err: error }, 'a streamed query failed');
      const fields = error instanceof Problem ? error.fields : faultOfOurs;
      const event = eventOf('error', JSON.stringify(problemDocument(fields)));
      problem = problem?.event.bytes.equals(event.bytes) ? problem : { fields, event };
    }
  }

  /** Told at once where its words changed; where only numbers moved on, once a second. */
  function provenanceDue({ provenance }: Answer): boolean {
    const { vector, token, lagRecords, lagMs, newestEventAt, liveShare, ...rest } = provenance;
    const words = JSON.stringify(rest);
    const text = JSON.stringify([vector, token, lagRecords, lagMs, newestEventAt, liveShare]);
    const changed = words !== told.words || text !== told.text;
    pendingProvenance = changed && words === told.words && performance.now() < told.at + provenanceEveryMs;
    if (!changed || pendingProvenance) return false;
    told = { words, text, at: performance.now() };
    return true;
  }

  function deliver(reader: Reader): void {
    if (!fresh) return;
    if (!reader.sink.ready()) return reader.tick === undefined ? undefined : meter.drop();
    if (problem) {
      if (reader.told !== problem.event) send(reader, problem.event);
      reader.told = problem.event;
      // What it is told next says that all is well again.
      reader.provenance = -1;
      return;
    }
    if (reader.floor && !coversToken(present!, reader.floor)) return;
    if (reader.tick === undefined && reader.lastId !== undefined) reader.tick = track.tickOf(reader.lastId);
    const event = track.eventSince(reader.tick, reader.provenance);
    Object.assign(reader, { tick: track.tick(), provenance: track.tick(), floor: undefined, told: undefined });
    if (event) send(reader, event);
  }

  function send({ sink }: Reader, { name, bytes }: StreamEvent): void {
    sink.write(bytes);
    meter.event(name, bytes.length);
  }

  const needed = () => readers.size > 0 && !closing.signal.aborted;

  async function somethingChanged(seen: { readonly revision: number; readonly facts: string }): Promise<void> {
    while (needed() && live.revision() === seen.revision && factsNow() === seen.facts) {
      if (problem) return;
      const provenanceInMs = told.at + provenanceEveryMs - performance.now();
      if (pendingProvenance && provenanceInMs <= 0) return;
      const nextMinuteMs = minuteMs - (clock() % minuteMs);
      await live.changed(
        Math.min(idleLookMs, nextMinuteMs, pendingProvenance ? provenanceInMs : idleLookMs),
        seen.revision,
      );
    }
  }

  async function run(): Promise<void> {
    running = true;
    while (needed()) {
      const seen = { revision: live.revision(), facts: factsNow() };
      const startedAt = performance.now();
      await compute();
      fresh = true;
      for (const settle of waiting.splice(0)) settle(problem?.fields);
      for (const reader of readers) deliver(reader);
      // From event to event at least the interval; a query that takes longer than that leaves as much time to others.
      const tookMs = performance.now() - startedAt;
      await rest(Math.max(minIntervalMs, tookMs, problem ? idleLookMs : 0));
      await somethingChanged(seen);
    }
    running = fresh = false;
  }

  const rest = (ms: number) => pause(ms, undefined, { signal: closing.signal }).catch(() => undefined);

  return {
    join(sink, { lastId, floor }) {
      const reader: Reader = { sink, lastId, floor, tick: undefined, provenance: -1, told: undefined };
      readers.add(reader);
      if (!running) void run();
      return {
        first: () => (fresh ? Promise.resolve(problem?.fields) : new Promise((resolve) => void waiting.push(resolve))),
        resume: () => deliver(reader),
        leave: () => void readers.delete(reader),
      };
    },
    close() {
      closing.abort();
      for (const { sink } of readers) sink.end();
      for (const settle of waiting.splice(0)) settle(undefined);
    },
  };
}

const faultOfOurs: ProblemFields = {
  code: 'internal',
  status: 500,
  title: 'Internal error',
  detail: 'see the log of the service',
};

function tooLarge(): Problem {
  return new Problem({
    code: 'too-many-rows',
    status: 400,
    title: 'Too many rows',
    detail: `a stream has at most ${maxRows} rows`,
    field: 'by',
    expected: 'a shorter range, wider windows or fewer dimensions',
  });
}
