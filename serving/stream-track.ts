// The answers of one streamed query, one after the other: the present one by row, and at which tick each row last changed,
// so that whoever has the answer of a tick that is still known gets what changed since. One answer is kept, whatever the
// number of ticks. Pure but for its own memory.
import type { Answer } from './answer-query.ts';

type Row = Answer['rows'][number];
/** As a client is told it. */
type ToldAnswer = Omit<Answer, 'provenance'> & { readonly provenance: object };

export interface AnswerTrack {
  /** Number of the present answer; 0 before the first. */
  tick(): number;
  id(): string;
  /** Takes the next answer. Equal ids name equal rows. `provenanceDue`: readers are told of it although no row changed. */
  take(answer: ToldAnswer, id: string, provenanceDue: boolean): void;
  /** The tick that the id names; undefined where it is not known (any more). */
  tickOf(id: string): number | undefined;
  /** What a reader lacks who has the answer of `since` (undefined: none) with `provenance` as of that tick. */
  eventSince(since: number | undefined, provenance: number): StreamEvent | undefined;
}

export interface StreamEvent {
  readonly name: 'state' | 'change' | 'provenance' | 'error';
  readonly bytes: Buffer;
}

/** Ids that a reader can resume from: a minute at the default interval. */
const keptTicks = 600;

export function createAnswerTrack(): AnswerTrack {
  let tick = 0;
  let id = '';
  let present: ToldAnswer | undefined;
  let head = { text: '', changedAt: 0 };
  let provenanceAt = 0;
  /** Two rows of one key: only whole states can be told. */
  let ambiguous = false;
  let rows = new Map<string, { readonly text: string; readonly changedAt: number }>();
  const removed = new Map<string, number>();
  const ticks = new Map<string, number>();
  const made = new Map<string, StreamEvent | undefined>();

  const oldest = () => ticks.values().next().value ?? tick;

  function changeRows(answer: ToldAnswer): void {
    const before = rows;
    rows = new Map();
    for (const row of answer.rows) {
      const key = keyOf(row, answer);
      const text = JSON.stringify(row);
      const known = before.get(key);
      rows.set(key, known?.text === text ? known : { text, changedAt: tick });
      removed.delete(key);
    }
    for (const key of before.keys()) if (!rows.has(key)) removed.set(key, tick);
    for (const [key, at] of removed) if (at <= oldest()) removed.delete(key);
    ambiguous = rows.size < answer.rows.length;
  }

  function state(): StreamEvent {
    const provenance = JSON.stringify(present!.provenance);
    const texts = ambiguous
      ? present!.rows.map((row) => JSON.stringify(row))
      : rows
          .values()
          .map(({ text }) => text)
          .toArray();
    return eventOf('state', `{"rows":[${texts.join(',')}],${fieldsOf(head.text)}"provenance":${provenance}}`, id);
  }

  function change(since: number, withProvenance: boolean): StreamEvent | undefined {
    const changed = rows.values().filter(({ changedAt }) => changedAt > since);
    const upserts = changed.map(({ text }) => text).toArray();
    const gone = [...removed].filter(([, at]) => at > since).map(([key]) => key);
    const provenance = JSON.stringify(present!.provenance);
    if (upserts.length === 0 && gone.length === 0 && head.changedAt <= since) {
      return withProvenance ? eventOf('provenance', provenance, id) : undefined;
    }
    const rest =
      (head.changedAt > since ? fieldsOf(head.text) : '') + (withProvenance ? `"provenance":${provenance},` : '');
    return eventOf('change', `{${rest}"upserts":[${upserts.join(',')}],"removed":[${gone.join(',')}]}`, id);
  }

  return {
    tick: () => tick,
    id: () => id,
    take(answer, nextId, provenanceDue) {
      tick += 1;
      id = nextId;
      present = answer;
      made.clear();
      changeRows(answer);
      const { rows: _rows, provenance: _provenance, ...rest } = answer;
      const text = JSON.stringify(rest);
      if (text !== head.text) head = { text, changedAt: tick };
      if (provenanceDue) provenanceAt = tick;
      if (!ticks.has(id)) ticks.set(id, tick);
      if (ticks.size > keptTicks) ticks.delete(ticks.keys().next().value!);
    },
    tickOf: (asked) => ticks.get(asked),
    eventSince(since, provenance) {
      const known = since !== undefined && since >= oldest() && !(ambiguous && since < tick);
      const withProvenance = provenance < provenanceAt;
      const key = known ? `${since} ${withProvenance}` : 'state';
      if (!made.has(key)) made.set(key, known ? change(since, withProvenance) : state());
      return made.get(key);
    },
  };
}

/** What tells a row from the others of its answer, as JSON: windowStart and the dimension values. */
function keyOf(row: Row, { query }: ToldAnswer): string {
  const names = ['windowStart', ...(query['by'] as readonly string[]), 'other'];
  return JSON.stringify(Object.fromEntries(names.filter((name) => name in row).map((name) => [name, row[name]])));
}

/** The fields of a JSON object, each with a comma behind it. */
function fieldsOf(json: string): string {
  return json === '{}' ? '' : `${json.slice(1, -1)},`;
}

/** JSON has no line breaks of its own: one data line. */
export function eventOf(name: StreamEvent['name'], json: string, id?: string): StreamEvent {
  return { name, bytes: Buffer.from(`event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${json}\n\n`) };
}
