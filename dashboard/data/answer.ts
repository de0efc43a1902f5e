// What the page takes from an answer: rows whose columns are chosen at run time, in integers that stay exact.
import type { AnswerOf, ClientQuery } from '../../api/client.ts';
import type { FullProvenance } from '../../api/answer-schema.ts';
import type { DeepReadonly } from '../../api/schema-parts.ts';

/** A bigint where an integer is beyond 2^53. */
export type Integer = number | bigint;
export type Cell = string | Integer | boolean | null;

/** What a row is held against: its measures then, and by which share they changed. */
export interface Compared {
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly change: Readonly<Record<string, number | null>>;
  readonly [measure: string]: Cell | Readonly<Record<string, number | null>>;
}

export interface Row {
  readonly windowStart: string;
  readonly windowEnd: string;
  /** The window is not over yet. */
  readonly open?: boolean;
  /** All groups beyond the limit, added up. */
  readonly other?: boolean;
  readonly compare?: Compared | null;
  readonly [column: string]: Cell | Compared | undefined;
}

/** In full: so does every query ask for it (live.ts, polled.ts). */
export type Provenance = DeepReadonly<FullProvenance>;

export type Answer = Omit<AnswerOf<ClientQuery>, 'rows' | 'provenance'> & {
  readonly rows: readonly Row[];
  readonly provenance: Provenance;
};

type Told = Pick<Answer, 'provenance'>;

/** Whether it has come less far than the other, as far as the two can be compared. */
export function isBefore({ provenance: one }: Told, { provenance: other }: Told): boolean {
  const isBehind = () => other.vector.some((offset, partition) => one.vector[partition]! < offset);
  return one.generation === other.generation && (one.run < other.run || isBehind());
}
