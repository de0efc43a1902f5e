// How every offset of the log was spent: nothing may be left over.
import { count, share } from '../../data/format.ts';
import { type Fate, fates, type Status } from '../../data/pipeline.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Panel } from '../../parts/panel.tsx';

const fateWords: Readonly<Record<Fate, readonly [name: string, means: string]>> = {
  counted: ['Counted', 'in the numbers'],
  duplicate: ['Duplicate', 'a copy, counted once'],
  deferred: ['Deferred', 'late: the next batch run counts it'],
  rejected: ['Rejected', 'a dead letter'],
  gap: ['Gap', 'no record: marks of transactions'],
};

export function LedgerPanel({
  status: { partitions, totals, lag },
  asOf,
}: {
  status: Status;
  asOf: string | undefined;
}) {
  const spent = fates.reduce((sum, fate) => sum + totals[fate], 0);
  const isWhole = spent === totals.records && partitions.every(({ conserved }) => conserved);
  const sum = isWhole
    ? sumInWords(totals.records, lag.records)
    : `${count(spent)} of ${count(totals.records)} offsets are accounted for`;
  return (
    <Panel title="Ledger" subtitle="how each offset was spent" asOf={asOf}>
      <ul class="breakdown ledger" aria-label="Offsets by fate">
        {fates.map((fate) => (
          <li key={fate} class={fate}>
            <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
              <rect width={(100 * totals[fate]) / Math.max(1, spent)} height="1" />
            </svg>
            <span class="group">
              {fateWords[fate][0]} <span class="means">{fateWords[fate][1]}</span>
            </span>
            <span class="group-value">{count(totals[fate])}</span>
            <span class="group-share">{totals.records > 0 ? share(totals[fate] / totals.records) : ''}</span>
          </li>
        ))}
      </ul>
      <p class={`sum ${isWhole ? (lag.records === 0 ? 'good' : '') : 'bad'}`}>{sum}</p>
      <DataTable
        table={() => ({
          caption: 'Ledger by partition',
          head: ['Partition', ...fates.map((fate) => fateWords[fate][0]), 'Offsets'],
          rows: partitions.map(({ partition, ledger, vector, start, conserved }) => [
            String(partition),
            ...fates.map((fate) => count(ledger[fate])),
            `${count(vector - start)}${conserved ? '' : ' (differs)'}`,
          ]),
        })}
      />
    </Panel>
  );
}

/** Of those that were read; what is not read yet is nowhere else in the ledger. */
function sumInWords(read: number, unread: number | null): string {
  if (unread === null) return `${count(read)} offsets accounted for, the log’s end is unknown`;
  if (unread === 0) return `${count(read)} offsets, all accounted for`;
  return `${count(read)} of ${count(read + unread)} offsets accounted for, ${count(unread)} not read yet`;
}
