// Removes a report once that is confirmed.
import { useRef } from 'preact/hooks';
import { removeReport } from '../../data/reports.ts';
import { useAction, wordsOf } from '../../parts/action.tsx';

interface RemoveProps {
  readonly name: string;
  readonly title: string;
  /** How many it has; until that is known it may have some. */
  readonly files: number;
  readonly onRemoved: (name: string, files: number) => void;
}

/** Of a report that is gone. */
export const filesStay = "Its files stay in the server's folder of reports.";

export function RemoveButton({ name, title, files, onRemoved }: RemoveProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { isBusy, problem, start, clear } = useAction();
  return (
    <>
      <button type="button" class="action danger" aria-haspopup="dialog" onClick={() => dialog.current?.showModal()}>
        Remove<span class="unseen"> {name}</span>
      </button>
      <dialog ref={dialog} class="why-dialog confirm" aria-labelledby={`remove-${name}`} onClose={clear}>
        <div class="why-body">
          <h2 id={`remove-${name}`}>Remove the report “{title || name}”?</h2>
          <p>Its query and schedule are gone then. {files > 0 && filesStay}</p>
          <p class="wrong" role="alert">
            {wordsOf(problem)}
          </p>
          <p class="form-row">
            <button
              type="button"
              class="action danger"
              aria-disabled={isBusy}
              onClick={() => start(() => removeReport(name).then(() => onRemoved(name, files)))}
            >
              {isBusy ? 'Removing…' : 'Remove this report'}
            </button>
            <button type="button" class="quiet" autofocus onClick={() => dialog.current?.close()}>
              Keep it
            </button>
          </p>
        </div>
      </dialog>
    </>
  );
}
