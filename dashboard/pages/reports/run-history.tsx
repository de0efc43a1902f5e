// The last runs of a report and the files that there are: when, for which instant, of which time, why, and what came of it;
// as the server keeps them, across its restarts.
import type { ReportRun } from '../../../api/report-schema.ts';
import { bytes, count, dateTime, duration, instantsIn } from '../../data/format.ts';
import { filesOf, type Report, type ReportFiles, runsOf } from '../../data/reports.ts';
import { betweenWords } from '../../data/words.ts';
import { wordsOf } from '../../parts/action.tsx';
import { Table } from '../../parts/data-table.tsx';
import { CopyLine } from '../../parts/why.tsx';
import type { Asked } from './asked.ts';
import { DownloadButton } from './download.tsx';

const startedBy: Readonly<Record<ReportRun['trigger'], string>> = {
  schedule: 'schedule',
  'made-up': 'schedule, made up for later',
  operator: 'hand',
};

type History = readonly [runs: readonly ReportRun[], files: ReportFiles];

export const askHistory = (name: string): Promise<History> => Promise.all([runsOf(name), filesOf(name)]);

export function RunHistory({ report, history }: { report: Report; history: Asked<History> }) {
  const { name, schedule, tz } = report;
  const { known, problem } = history;
  const at = (text: string) => dateTime(Date.parse(text), tz);
  if (problem) return <p class="wrong">{wordsOf(problem)}</p>;
  if (!known) return <p class="hint">Asking for its runs…</p>;
  const [runs, { files, total }] = known;
  const fileOf = (run: ReportRun) => (run.outcome === 'written' ? run.file : undefined);
  const told = new Set(runs.map(fileOf));
  // Files stay longer than runs are remembered.
  const lines = [
    ...runs.map((run) => ({ run, file: fileOf(run) })),
    ...files.filter(({ file }) => !told.has(file)).map(({ file, made }) => ({ run: made, file })),
  ];
  if (lines.length === 0) {
    return <p>None yet: run it, or {schedule === null ? 'give it a schedule' : 'wait until it is due'}.</p>;
  }
  const cells = ({ run, file = '' }: (typeof lines)[number]) => {
    const written = run?.outcome === 'written' ? run : undefined;
    const found = files.find((one) => one.file === file);
    return [
      run && at(run.instant),
      written && coveredBy(written.query),
      run?.outcome === 'failed' ? <Failed key="outcome" {...run} tz={tz} /> : run ? 'made' : 'unreadable',
      written && count(written.rows),
      run && duration(Date.parse(run.finishedAt) - Date.parse(run.startedAt)),
      run && startedBy[run.trigger] + (run.skipped > 0 ? `, ${count(run.skipped)} before it were missed` : ''),
      file && (
        <>
          <code>{file}</code> <span class="hint">{found && bytes(found.bytes)}</span>
          {written && (
            <details>
              <summary class="hint">version token</summary>
              <CopyLine text={written.token} />
            </details>
          )}
        </>
      ),
      found && <DownloadButton key="save" report={name} file={file} sha256={found.made?.sha256} />,
    ];
  };
  const older = total - files.length;
  return (
    <>
      <Table
        class="report-runs stacks"
        caption={`The last runs and the files of ${name}`}
        head={[`Made for (${tz})`, 'Covers', 'Outcome', 'Rows', 'Took', 'Started by', 'File', 'Save']}
        keys={lines.map(({ run, file }) => file ?? `${run?.instant}`)}
        rows={lines.map(cells)}
      />
      {older > 0 && <p class="hint">{count(older)} older files are in the server's folder of reports.</p>}
    </>
  );
}

/** The time that the range of the query came to. */
function coveredBy({ from, to, tz }: { from?: string; to?: string; tz?: string }) {
  return from && to && `${betweenWords({ from, to })}, ${tz}`;
}

function Failed({ detail, code, tz }: { detail: string; code: string; tz: string }) {
  return (
    <span class="wrong">
      failed: {instantsIn(detail, tz)} ({code})
    </span>
  );
}
