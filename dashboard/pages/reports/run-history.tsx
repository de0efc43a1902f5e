// The last runs of a report: when, for which instant, why, and what came of it; as the server keeps them, across its restarts.
import { adviceOf } from '../../../api/report-advice.ts';
import type { ReportRun } from '../../../api/report-schema.ts';
import { count, dateTime, duration } from '../../data/format.ts';
import { type Report, runsOf } from '../../data/reports.ts';
import { wordsOf } from '../../parts/action.tsx';
import { Table } from '../../parts/data-table.tsx';
import { useAsked } from './asked.ts';

const because: Readonly<Record<ReportRun['trigger'], string>> = {
  schedule: 'schedule',
  'made-up': 'schedule, made up for later',
  operator: 'asked for',
};

export function RunHistory({ report }: { report: Report }) {
  const { known: runs, problem } = useAsked(report, runsOf);
  const at = (text: string) => dateTime(Date.parse(text), report.tz);
  if (problem) return <p class="wrong">{wordsOf(problem)}</p>;
  if (!runs) return <p class="hint">Asking for its runs…</p>;
  if (runs.length === 0) return <p>None yet.</p>;
  return (
    <Table
      class="report-runs"
      caption={`The last runs of ${report.name}`}
      head={[`Made for (${report.tz})`, 'Outcome', 'Rows', 'Took', 'Began', 'Because of']}
      keys={runs.map(({ instant, trigger }) => instant + trigger)}
      rows={runs.map((run) => [
        at(run.instant),
        <Outcome key="outcome" run={run} />,
        run.outcome === 'written' ? count(run.rows) : '–',
        duration(Date.parse(run.finishedAt) - Date.parse(run.startedAt)),
        at(run.startedAt),
        because[run.trigger] + (run.skipped > 0 ? `, ${count(run.skipped)} before it were missed` : ''),
      ])}
    />
  );
}

function Outcome({ run }: { run: ReportRun }) {
  return run.outcome === 'written' ? (
    <>
      made <code>{run.file}</code>
    </>
  ) : (
    <>
      failed: <Failed {...run} />
    </>
  );
}

/** Why, and what to do. */
export function Failed({ detail, code }: { detail: string; code: string }) {
  return (
    <>
      <span class="wrong">
        {detail} ({code})
      </span>{' '}
      {adviceOf(code)}
    </>
  );
}
