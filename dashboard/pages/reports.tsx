// Reports: saved queries, when they are made, what became of them, and their files. All of it asks for the operator token.
import { useEffect, useRef, useState } from 'preact/hooks';
import { clockTime } from '../data/format.ts';
import { connection } from '../data/live.ts';
import { pageState } from '../data/navigation.ts';
import { forgetToken, operatorToken } from '../data/operator.ts';
import { reports, reportsAtMs, reportsProblem, useReports } from '../data/reports.ts';
import { PageLink } from '../parts/page-link.tsx';
import { Panel } from '../parts/panel.tsx';
import { TokenForm } from '../parts/token-form.tsx';
import { filesStay } from './reports/remove.tsx';
import { ReportItem } from './reports/report-item.tsx';

export function ReportsPage() {
  useReports();
  /** What was done to something that is not there any more. */
  const [said, setSaid] = useState('');
  const place = useRef<HTMLParagraphElement>(null);
  const hasToken = operatorToken.value !== undefined;
  const hadToken = useRef(hasToken);
  useEffect(() => {
    if (hasToken && !hadToken.current) place.current?.focus();
    hadToken.current = hasToken;
  }, [hasToken]);
  if (!hasToken) {
    return (
      <Panel title="Reports" class="reports-closed">
        <p class="purpose">
          A report is a query with a name: on its schedule, or when asked, its answer is written as a CSV file. Running,
          scheduling, downloading and removing them need the operator token.
        </p>
        <TokenForm />
      </Panel>
    );
  }
  const list = reports.value;
  const { report: opened, tz } = pageState.value;
  const isAway = connection.value.kind === 'away';
  const isMissing = opened && list?.every(({ name }) => name !== opened);
  return (
    <Panel
      title="Reports"
      subtitle={list && `${list.length} saved`}
      problem={reportsProblem.value}
      isLoading={list === undefined}
      actions={
        <button type="button" class="quiet" onClick={() => forgetToken('The token is forgotten.')}>
          Forget the token
        </button>
      }
    >
      <p ref={place} tabIndex={-1} class="reports-said" role="status">
        {said || (isMissing && `There is no report “${opened}”.`)}
      </p>
      {list?.length === 0 && <NoReports />}
      {list && isAway && (
        <p class="hint">
          The list is that of {clockTime(reportsAtMs.value, tz)}. Nothing can be done with it until the server answers.
        </p>
      )}
      {list && list.length > 0 && (
        <fieldset
          // Buttons are disabled by this; in earnest, one that has the focus would lose it.
          aria-disabled={isAway}
          onClickCapture={(event) => {
            if (isAway && (event.target as Element).closest('button:not(dialog *)')) {
              event.preventDefault();
              event.stopPropagation();
            }
          }}
        >
          <p class="report-head report-titles" aria-hidden="true">
            <span>Report</span>
            <span>Schedule</span>
            <span>Last made</span>
          </p>
          <ul class="reports">
            {list.map((report) => (
              <ReportItem
                key={report.name}
                report={report}
                onRemoved={(name, files) => {
                  setSaid(`${name} is removed.${files > 0 ? ` ${filesStay}` : ''}`);
                  place.current?.focus();
                }}
              />
            ))}
          </ul>
        </fieldset>
      )}
    </Panel>
  );
}

function NoReports() {
  return (
    <p class="blank">
      No reports yet. Open <b>Why?</b> beside any number of <PageLink to={{ page: 'today' }}>Today</PageLink> and choose{' '}
      <b>Save as report</b>.
    </p>
  );
}
