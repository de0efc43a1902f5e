// Removes a report once that is confirmed.
import { useRef } from 'preact/hooks';
import { removeReport } from '../../data/reports.ts';
import { useAction, wordsOf } from '../../parts/action.tsx';

interface RemoveProps {
  readonly name: string;
  readonly title: string;
  readonly onRemoved: (name: string) => void;
}

export function RemoveButton({ name, title, onRemoved }: RemoveProps) {
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
          <p>Its query and schedule are gone then. Its files stay in the server's folder of reports.</p>
          <p class="wrong" role="alert">
            {wordsOf(problem)}
          </p>
          <p class="form-row">
            <button
              type="button"
              class="action danger"
              aria-disabled={isBusy}
              onClick={() => start(() => removeReport(name).then(() => onRemoved(name)))}
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
