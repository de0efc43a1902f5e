// Each partition: what batch has counted (V), how far the live part reaches (W), where the log ends, and what is between.
import { count } from '../../data/format.ts';
import type { PartitionStatus, Status } from '../../data/pipeline.ts';
import { type Sample, standingStill } from '../../data/samples.ts';
import { longBehindMs } from '../../data/truth.ts';
import { Table } from '../../parts/data-table.tsx';
import { Panel } from '../../parts/panel.tsx';

interface PartitionsProps {
  readonly status: Status;
  readonly samples: readonly Sample[];
  readonly asOf: string | undefined;
}

export function Partitions({ status: { partitions, notes, lag }, samples, asOf }: PartitionsProps) {
  const still = new Set(standingStill(samples, longBehindMs));
  const sumOf = (of: (partition: PartitionStatus) => number) => partitions.reduce((sum, one) => sum + of(one), 0);
  const isEndKnown = partitions.every(({ end }) => end !== null);
  const row = (one: PartitionStatus) => {
    const { partition, tidemark, vector, end, lagRecords } = one;
    const isTold = notes.some((note) => note.startsWith(`partition ${partition}:`));
    const state = stateOf(one, { isTold, isStill: still.has(partition) });
    return [
      String(partition),
      <span key="state" class={`state ${state.level}`}>
        {state.words}
      </span>,
      known(lagRecords),
      count(vector - tidemark),
      count(tidemark),
      count(vector),
      known(end),
    ];
  };
  return (
    <Panel title="Partitions" subtitle={lag.records === null && 'how far behind is not known'} asOf={asOf}>
      <Table
        class="partitions stacks"
        caption="Partitions: tidemark, live part, the log's end, lag"
        head={['Partition', 'State', 'Behind', 'Live part', 'Tidemark', 'Live to', 'Log ends']}
        means={{
          Tidemark: 'V: what the last batch run has counted; what lies below is exact',
          'Live to': 'W: the next offset to be counted live',
        }}
        rows={partitions.map(row)}
        foot={[
          'All',
          '',
          known(isEndKnown ? sumOf(({ lagRecords }) => lagRecords ?? 0) : null),
          count(sumOf(({ tidemark, vector }) => vector - tidemark)),
          count(sumOf(({ tidemark }) => tidemark)),
          count(sumOf(({ vector }) => vector)),
          known(isEndKnown ? sumOf(({ end }) => end ?? 0) : null),
        ]}
      />
    </Panel>
  );
}

const known = (offset: number | null): string => (offset === null ? 'unknown' : count(offset));

function stateOf({ conserved, end, lagRecords }: PartitionStatus, at: { isTold: boolean; isStill: boolean }) {
  if (!conserved) return { level: 'bad', words: 'not accounted for' };
  if (at.isTold) return { level: 'note', words: 'held up' };
  if (at.isStill) return { level: 'bad', words: 'stands still' };
  if (end === null) return { level: 'note', words: 'end unknown' };
  return lagRecords ? { level: '', words: 'catching up' } : { level: '', words: 'at the end' };
}
