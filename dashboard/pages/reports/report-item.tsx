// One report: what it asks, when it is due, what became of it last, and what can be done with it.
import { useId, useRef, useState } from 'preact/hooks';
import { adviceOf } from '../../../api/report-advice.ts';
import type { WrittenRun } from '../../../api/report-schema.ts';
import { definitions } from '../../data/definitions.ts';
import { bytes, clockTime, count, dateTime, instantsIn, plural } from '../../data/format.ts';
import { go, pageState } from '../../data/navigation.ts';
import { queryInWords } from '../../data/report-query.ts';
import { type Making, makeReport, makings, type Report } from '../../data/reports.ts';
import { scheduleWords } from '../../data/schedule.ts';
import { WhyButton } from '../../parts/why.tsx';
import { useAsked } from './asked.ts';
import { DownloadButton } from './download.tsx';
import { nextInWords } from './next-in-words.ts';
import { RemoveButton } from './remove.tsx';
import { askHistory, RunHistory } from './run-history.tsx';
import { ScheduleForm } from './schedule-form.tsx';

export interface ReportItemProps {
  readonly report: Report;
  readonly onRemoved: (name: string, files: number) => void;
}

export function ReportItem({ report, onRemoved }: ReportItemProps) {
  const { name, title, query, schedule, lastRun } = report;
  const id = useId();
  const isOpen = pageState.value.report === name;
  const making = makings.value.get(name);
  const isMaking = making?.kind === 'making';
  return (
    <li class="report" aria-labelledby={id}>
      <div class="report-head">
        <div>
          <h3 id={id}>{title || name}</h3>
          {title && <code class="hint">{name}</code>}
          <p class="report-query">
            {queryInWords(query, titleOfMeasure)} <WhyButton word="Query" title={title || name} query={query} />
          </p>
        </div>
        <div>
          {schedule === null ? (
            <p>on demand only</p>
          ) : (
            <>
              <p>{scheduleWords(schedule) ?? <code>{schedule}</code>}</p>
              <p class="hint">{nextInWords(report)}</p>
            </>
          )}
        </div>
        <LastRun report={report} />
        <div class="report-actions">
          <button
            type="button"
            class="action"
            aria-disabled={isMaking || undefined}
            onClick={() => void (isMaking || makeReport(name))}
          >
            Run now<span class="unseen"> {name}</span>
          </button>
          {lastRun?.outcome === 'written' && (
            <DownloadButton report={name} file={lastRun.file} sha256={lastRun.sha256} />
          )}
          <button
            type="button"
            class="quiet"
            aria-expanded={isOpen}
            onClick={() => go({ report: isOpen ? undefined : name })}
          >
            {isOpen ? 'Less' : 'More'}
            <span class="unseen"> of {name}</span>
          </button>
        </div>
      </div>
      <p class={`report-making ${making?.kind ?? ''}`} role="status">
        {making ? (
          <MakingWords making={making} lastRun={lastRun} />
        ) : (
          report.underway && <UnderwayWords {...report.underway} />
        )}
      </p>
      {isOpen && <More report={report} onRemoved={onRemoved} />}
    </li>
  );
}

function titleOfMeasure(name: string): string {
  return definitions.value?.measures.find((measure) => measure.name === name)?.title ?? name;
}

function LastRun({ report: { lastRun } }: { report: Report }) {
  const { tz } = pageState.value;
  if (lastRun === null) return <p class="hint">never made</p>;
  const isFailed = lastRun.outcome === 'failed';
  return (
    <div>
      <p class={isFailed ? 'wrong' : ''}>
        {isFailed ? 'failed' : 'made'} {dateTime(Date.parse(lastRun.instant), tz)}
      </p>
      <p class="hint">
        {lastRun.outcome === 'written' ? (
          writtenInWords(lastRun).join(', ')
        ) : (
          <>
            <span class="wrong">{instantsIn(lastRun.detail, tz)}</span> {adviceOf(lastRun.code)}
          </>
        )}
      </p>
    </div>
  );
}

function writtenInWords({ rows, bytes: size, trigger, skipped, notes }: WrittenRun) {
  return [
    plural(rows, 'row'),
    bytes(size),
    trigger === 'made-up' && 'made up for later',
    skipped > 0 && `${count(skipped)} before it were missed`,
    ...notes,
  ].filter(Boolean);
}

function MakingWords({ making, lastRun }: { making: Making } & Pick<Report, 'lastRun'>) {
  switch (making.kind) {
    case 'making':
      return <>Making it since {clockTime(making.sinceMs, pageState.value.tz)}…</>;
    case 'made':
      return <>Done: {plural(making.rows, 'row')}.</>;
    case 'failed': {
      const { code, detail } = making.problem;
      // The last run says why, where there was one.
      const isTold = lastRun?.outcome === 'failed' && lastRun.code === code;
      return <>Not made{isTold ? '.' : `: ${detail} (${code})`}</>;
    }
    default:
      return making satisfies never;
  }
}

/** Made without this page: on its schedule, or for somebody else. */
function UnderwayWords({ step, since }: NonNullable<Report['underway']>) {
  const words =
    step === 'waiting' ? 'Waiting for other reports' : step === 'writing' ? 'Writing its file' : 'Making it';
  return (
    <>
      {words} since {clockTime(Date.parse(since), pageState.value.tz)}…
    </>
  );
}

function More({ report, onRemoved }: ReportItemProps) {
  const { name, schedule, tz } = report;
  const history = useAsked(report, askHistory);
  const [isEditing, setEditing] = useState(false);
  const [said, setSaid] = useState('');
  const edit = useRef<HTMLButtonElement>(null);
  const toggle = (words: string): void => {
    setEditing(!isEditing);
    setSaid(words);
    edit.current?.focus();
  };
  return (
    <dl class="report-more facts">
      <dt>Schedule</dt>
      <dd>
        {schedule === null ? 'none' : <code>{schedule}</code>} {schedule && `in ${tz}`}{' '}
        <button ref={edit} type="button" class="quiet" aria-expanded={isEditing} onClick={() => toggle('')}>
          Change<span class="unseen"> the schedule of {name}</span>
        </button>
        <p role="status">{said}</p>
        {isEditing && <ScheduleForm report={report} onClose={toggle} />}
      </dd>
      <dt>Runs and files</dt>
      <dd>
        <RunHistory report={report} history={history} />
      </dd>
      <dt />
      <dd>
        <RemoveButton {...report} files={history.known?.[1].total ?? 1} onRemoved={onRemoved} />
      </dd>
    </dl>
  );
}
