// Changes when a report is made; its title and query stay what they are on the server.
import { useState } from 'preact/hooks';
import { findReport, type Report, saveReport } from '../../data/reports.ts';
import { ActionForm, useAction, wordsOf } from '../../parts/action.tsx';
import { type Schedule, ScheduleFields } from '../../parts/schedule-fields.tsx';
import { nextInWords } from './next-in-words.ts';

/** `onClose` is told what was done. */
export function ScheduleForm({ report, onClose }: { report: Report; onClose: (said: string) => void }) {
  const action = useAction();
  // Until there is a schedule its zone is the one in which the query is asked.
  const tz = report.schedule === null ? (report.query.tz ?? report.tz) : report.tz;
  const [schedule, setSchedule] = useState<Schedule>({ schedule: report.schedule, tz });
  const save = async (): Promise<void> => {
    const { title, query } = (await findReport(report.name)) ?? report;
    onClose(`Saved: ${nextInWords(await saveReport(report.name, { title, query, ...schedule }))}.`);
  };
  return (
    <ActionForm
      class="schedule-form"
      action={action}
      work={save}
      button="Save the schedule"
      said={wordsOf(action.problem, ['schedule'])}
      cancel={() => onClose('')}
    >
      <ScheduleFields value={schedule} action={action} onChange={setSchedule} />
    </ActionForm>
  );
}
