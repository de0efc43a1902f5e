// Records that could not be counted: why, and where the newest of them lie in the log.
import { deadLetterWords } from '../../data/dead-letter-words.ts';
import { count } from '../../data/format.ts';
import type { Status } from '../../data/pipeline.ts';
import { Table } from '../../parts/data-table.tsx';
import { Panel } from '../../parts/panel.tsx';

export function DeadLetters({ status: { deadLetters }, asOf }: { status: Status; asOf: string | undefined }) {
  const reasons = Object.entries(deadLetters?.byReason ?? {});
  return (
    <Panel title="Dead letters by reason" subtitle={deadLetters && `${count(deadLetters.total)} in all`} asOf={asOf}>
      {!deadLetters && <p class="blank">Not known: ClickHouse, which keeps them, was not read yet.</p>}
      {deadLetters?.total === 0 && <p class="blank">None: every record that came could be counted.</p>}
      {deadLetters && deadLetters.total > 0 && (
        <>
          <ul class="breakdown dead-letters" aria-label="Dead letters by reason">
            {reasons.map(([reason, number]) => (
              <li key={reason}>
                <span class="group">
                  <code>{reason}</code> <span class="means">{deadLetterWords[reason]}</span>
                </span>
                <span class="group-value">{count(number)}</span>
              </li>
            ))}
          </ul>
          <Table
            caption={`The newest dead letters: ${deadLetters.newest.length}`}
            head={['The newest', 'Partition', 'Offset']}
            keys={deadLetters.newest.map(({ partition, offset }) => `${partition}/${offset}`)}
            rows={deadLetters.newest.map(({ partition, offset, reason }) => [reason, String(partition), count(offset)])}
          />
        </>
      )}
    </Panel>
  );
}
