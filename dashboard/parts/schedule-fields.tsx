// When a report is made: cron and its zone, explained while it is typed.
import type { Report } from '../data/reports.ts';
import { explainSchedule, faultFirst, scheduleWords } from '../data/schedule.ts';
import { type Action, wordsOf } from './action.tsx';
import { ZoneSelect } from './zone-picker.tsx';

/** null or '': on demand only. */
export type Schedule = Pick<Report, 'schedule' | 'tz'>;

const usual = ['0 6 * * *', '0 6 * * 1-5', '0 6 * * 1', '0 6 1 * *', '0 * * * *'];

export function ScheduleFields(props: { value: Schedule; onChange: (value: Schedule) => void; action: Action }) {
  const { value, onChange, action } = props;
  const schedule = value.schedule ?? '';
  const explained = explainSchedule(schedule, value.tz);
  const isWrong = action.problem?.field === 'schedule';
  const set = (change: Partial<Schedule>): void => {
    action.clear();
    onChange({ ...value, ...change });
  };
  return (
    <fieldset class="schedule-fields">
      <legend>Schedule</legend>
      <div class="form-row">
        <input
          class="cron"
          aria-label="Schedule as cron"
          value={schedule}
          maxLength={100}
          placeholder="on demand"
          autocomplete="off"
          aria-invalid={isWrong}
          aria-describedby="schedule-said"
          onInput={(event) => set({ schedule: event.currentTarget.value })}
        />
        <ZoneSelect label="Time zone of the schedule" value={value.tz} onChoose={(tz) => set({ tz })} />
      </div>
      {/* What can be seen from here is said in fewer words than serving has. */}
      <p id="schedule-said" class={explained.isFault || isWrong ? 'wrong' : ''} role="status">
        {isWrong && !explained.isFault ? faultFirst(wordsOf(action.problem)) : explained.text}
      </p>
      <p class="usual">
        {usual.map((cron) => (
          <button key={cron} type="button" aria-pressed={cron === schedule} onClick={() => set({ schedule: cron })}>
            {scheduleWords(cron)}
          </button>
        ))}
      </p>
    </fieldset>
  );
}
