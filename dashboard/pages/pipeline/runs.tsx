// The last batch runs: how long each took, how much it counted, and what its audit of the live numbers found.
import type { Problem } from '../../data/problem.ts';
import { clockTime, count, dateTime, duration, localDate } from '../../data/format.ts';
import { pageState } from '../../data/navigation.ts';
import type { ToldRun } from '../../data/pipeline.ts';
import { Chart } from '../../parts/chart.tsx';
import { Table } from '../../parts/data-table.tsx';
import { Panel } from '../../parts/panel.tsx';

interface RunsProps {
  readonly runs: readonly ToldRun[] | undefined;
  readonly problem: Problem | undefined;
  readonly asOf: string | undefined;
}

export function Runs({ runs, problem, asOf }: RunsProps) {
  const { tz } = pageState.value;
  const today = localDate(Date.now(), tz);
  const at = ({ publishedAt }: ToldRun): string => {
    const ms = Date.parse(publishedAt);
    return localDate(ms, tz) === today ? clockTime(ms, tz) : dateTime(ms, tz).replace(/ \d{4},/, '');
  };
  const inOrder = (runs ?? []).toReversed();
  return (
    <Panel
      title="Batch runs"
      subtitle={runs && (runs.length < 50 ? `${runs.length} so far` : 'the last 50')}
      problem={problem}
      isLoading={!runs}
      asOf={asOf}
    >
      {runs?.length === 0 && <p class="blank">No run is known yet.</p>}
      {runs && runs.length > 0 && (
        <>
          {/* Of one run a chart tells nothing. */}
          {runs.length > 1 && (
            <Chart
              caption="Duration of the batch runs in seconds"
              heightPx={90}
              axisText={(seconds) => `${seconds} s`}
              labels={inOrder.map(at)}
              ticks={inOrder.map((run) => at(run).slice(-8))}
              series={[
                {
                  label: 'took',
                  tone: 'present',
                  shape: 'bars',
                  values: inOrder.map(({ ms }) => ms / 1_000),
                  texts: inOrder.map(({ ms }) => duration(ms)),
                },
              ]}
            />
          )}
          <Table
            class="runs stacks"
            caption="Batch runs, the newest first"
            head={['Published', 'Audit', 'Took', 'Records', 'Counted', 'Duplicates', 'Run']}
            means={{ Audit: 'compares what was counted live since the run before' }}
            keys={runs.map(({ id }) => id)}
            rows={runs.map((run) => [
              at(run),
              <Audit key="audit" {...run} />,
              duration(run.ms),
              known(run.records),
              known(run.counted),
              known(run.duplicate),
              <code key="run">{run.id}</code>,
            ])}
          />
        </>
      )}
    </Panel>
  );
}

const known = (records: number | null): string => (records === null ? '–' : count(records));

/** Its evidence, or what could not be compared, is behind the word. */
function Audit({ audit, auditNote, auditedEvents }: ToldRun) {
  const words = audit.replaceAll('-', ' ') + (auditedEvents > 0 ? ` (${count(auditedEvents)} compared)` : '');
  if (auditNote === '') return words;
  return (
    <details class={`evidence ${audit}`}>
      <summary>{words}</summary>
      <ul>
        {auditNote.split('; ').map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  );
}
