// How a file of a report is saved from here.
import { useState } from 'preact/hooks';
import { downloadFile } from '../../data/reports.ts';
import { useAction, wordsOf } from '../../parts/action.tsx';

export function DownloadButton({ report, file, sha256 }: { report: string; file: string; sha256: string | undefined }) {
  const { isBusy, problem, start } = useAction();
  const [said, setSaid] = useState('');
  return (
    <span class="download">
      <button
        type="button"
        class="action"
        aria-disabled={isBusy || undefined}
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
