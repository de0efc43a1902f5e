// The query behind a number becomes a report.
import { useRef, useState } from 'preact/hooks';
import type { ClientQuery } from '../../api/client.ts';
import { pageState } from '../data/navigation.ts';
import { operatorToken } from '../data/operator.ts';
import { isRelative, nameFrom } from '../data/report-query.ts';
import { filesOf, findReport, saveReport } from '../data/reports.ts';
import { ActionForm, useAction, useFirstFocus, wordsOf } from './action.tsx';
import { PageLink } from './page-link.tsx';
import { type Schedule, ScheduleFields } from './schedule-fields.tsx';
import { TokenForm } from './token-form.tsx';

interface SaveProps {
  readonly title: string;
  readonly query: ClientQuery;
  /** To the page of reports. */
  readonly onLeave: () => void;
}

export function SaveReport(props: SaveProps) {
  const [saved, setSaved] = useState('');
  if (operatorToken.value === undefined) return <TokenForm />;
  return saved === '' ? <SaveForm {...props} onSaved={setSaved} /> : <Saved name={saved} onLeave={props.onLeave} />;
}

function Saved({ name, onLeave }: { name: string; onLeave: () => void }) {
  const place = useRef<HTMLParagraphElement>(null);
  useFirstFocus(place);
  return (
    <p ref={place} role="status">
      Saved as <b>{name}</b>.{' '}
      <PageLink to={{ page: 'reports', report: name }} onLeave={onLeave}>
        Look at it in Reports
      </PageLink>
    </p>
  );
}

function SaveForm({ title: shown, query, onSaved }: SaveProps & { onSaved: (name: string) => void }) {
  const action = useAction();
  const [title, setTitle] = useState(shown);
  const [ownName, setOwnName] = useState<string | undefined>();
  const name = ownName ?? nameFrom(title);
  const [schedule, setSchedule] = useState<Schedule>({ schedule: '', tz: pageState.value.tz });
  /** The name of a report that is there, which saving would replace. */
  const [taken, setTaken] = useState({ name: '', files: 0 });
  const isNameWrong = action.problem?.field === 'name';
  const isTaken = taken.name === name;
  const save = async (): Promise<void> => {
    if (!isTaken && (await findReport(name))) return setTaken({ name, files: (await filesOf(name)).total });
    await saveReport(name, { title, query, ...schedule });
    onSaved(name);
  };
  return (
    <ActionForm
      class="save-form"
      action={action}
      work={save}
      button={isTaken ? `Replace ${name}` : 'Save'}
      said={
        isTaken
          ? `There is a report “${name}” already. Its query, title and schedule would be replaced${taken.files > 0 ? '; its files stay' : ''}.`
          : wordsOf(action.problem, ['name', 'schedule'])
      }
    >
      <label for="report-title">Title</label>
      <input id="report-title" value={title} maxLength={200} onInput={(event) => setTitle(event.currentTarget.value)} />
      <label for="report-name">Name</label>
      <div>
        <input
          id="report-name"
          value={name}
          maxLength={63}
          autocomplete="off"
          aria-invalid={isNameWrong}
          aria-describedby="name-said"
          onInput={(event) => setOwnName(event.currentTarget.value)}
        />
        <p id="name-said" class={isNameWrong ? 'wrong' : 'hint'}>
          {isNameWrong ? wordsOf(action.problem) : 'Also the name of its folder: a-z, 0-9 and -.'}
        </p>
      </div>
      <ScheduleFields value={schedule} action={action} onChange={setSchedule} />
      <p class="hint">
        {isRelative(query)
          ? 'Its range is counted back from the moment at which it is made.'
          : 'Its range is fixed: each file is of the same time.'}
      </p>
    </ActionForm>
  );
}
