// The files of a report, and how one is saved from here.
import { useState } from 'preact/hooks';
import { bytes, count, dateTime } from '../../data/format.ts';
import { pageState } from '../../data/navigation.ts';
import { downloadFile, filesOf, type Report } from '../../data/reports.ts';
import { useAction, wordsOf } from '../../parts/action.tsx';
import { useAsked } from './asked.ts';

export function DownloadButton({ report, file, sha256 }: { report: string; file: string; sha256: string | undefined }) {
  const { isBusy, problem, start } = useAction();
  const [said, setSaid] = useState('');
  return (
    <span class="download">
      <button
        type="button"
        class="action"
        aria-disabled={isBusy}
        onClick={() =>
          start(async () => {
            setSaid('');
            await downloadFile(report, file, sha256);
            setSaid(`Saved as ${report}-${file}`);
          })
        }
      >
        Download
        <span class="unseen">
          {' '}
          {report} {file}
        </span>
      </button>
      <span class={problem ? 'hint wrong' : 'hint'} role="status">
        {wordsOf(problem) || said}
      </span>
    </span>
  );
}

export const rowsInWords = (rows: number): string => `${count(rows)} row${rows === 1 ? '' : 's'}`;

export function Files({ report }: { report: Report }) {
  const { name } = report;
  const { tz } = pageState.value;
  const { known, problem } = useAsked(report, filesOf);
  if (problem) return <p class="wrong">{wordsOf(problem)}</p>;
  if (!known) return <p class="hint">Asking for its files…</p>;
  if (known.total === 0) return <p>None yet: run it, or wait until it is due.</p>;
  const older = known.total - known.files.length;
  return (
    <>
      <ul class="files">
        {known.files.map(({ file, bytes: size, made }) => (
          <li key={file}>
            <span>
              {made ? dateTime(Date.parse(made.instant), tz) : file}
              <span class="hint">
                {' '}
                {made && `${rowsInWords(made.rows)}, `}
                {bytes(size)}
                {made?.trigger === 'made-up' && ', made up for later'}
              </span>
            </span>
            {made && (
              <span class="hint file-token">
                token <code>{made.token}</code>
              </span>
            )}
            <DownloadButton report={name} file={file} sha256={made?.sha256} />
          </li>
        ))}
      </ul>
      {older > 0 && <p class="hint">{count(older)} older ones are in the server's folder of reports.</p>}
    </>
  );
}
