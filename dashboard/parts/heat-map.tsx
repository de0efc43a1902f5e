// Weekday × hour as a table whose cells are tinted by what an hour has on average: the table is the chart.
import type { Integer } from '../data/answer.ts';
import { weekDayNames } from '../data/format.ts';
import type { WeekHour } from '../data/groups.ts';
import { DataTable } from './data-table.tsx';

/** Tints go by the square root, so that one busy hour does not make all others pale. */
const levels = 6;
const hours = Array.from({ length: 24 }, (_, hour) => hour);

const clock = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;

/** Of the sum over those hours; undefined where there was none. */
const averageOf = ({ sum, hours }: WeekHour): number | undefined => (hours === 0 ? undefined : Number(sum) / hours);

/** `cells`: by weekday from Monday, by hour. */
export function HeatMap(props: {
  caption: string;
  cells: readonly (readonly WeekHour[])[];
  text: (value: Integer) => string;
  /** In a cell. */
  shortText: (value: Integer) => string;
}) {
  const { caption, cells, text, shortText } = props;
  const most = Math.max(0, ...cells.flat().map((cell) => averageOf(cell) ?? 0));
  const averageText = (average: number | undefined) =>
    average === undefined ? '–' : text(Math.round(average * 10) / 10);
  return (
    <>
      <div class="heat-box" tabIndex={0} role="region" aria-label={caption}>
        <table class="heat">
          <caption class="unseen">{caption}</caption>
          <thead>
            <tr>
              <td />
              {hours.map((hour) => (
                <th scope="col" key={hour}>
                  <span class={hour % 3 === 0 ? '' : 'unseen'}>{String(hour).padStart(2, '0')}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weekDayNames.map((day, d) => (
              <tr key={day}>
                <th scope="row">
                  <abbr title={day}>{day.slice(0, 3)}</abbr>
                </th>
                {cells[d]!.map((cell, hour) => {
                  const average = averageOf(cell);
                  const level = average && average > 0 ? Math.ceil(levels * Math.sqrt(average / most)) : 0;
                  const title = `${day} ${clock(hour)}: ${text(cell.sum)} in ${cell.hours} ${cell.hours === 1 ? 'hour' : 'hours'}`;
                  return (
                    <td key={hour} class={`heat-${level}`} title={title}>
                      <span>{average === undefined ? '–' : shortText(average)}</span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {most > 0 && <p class="foot">The more a colour stands out, the more: up to {averageText(most)} in an hour.</p>}
      <DataTable
        table={() => ({
          caption: `Table: ${caption}`,
          head: ['Hour', 'on average', 'total', 'hours counted'],
          rows: weekDayNames.flatMap((day, d) =>
            cells[d]!.map((cell, hour) => [
              `${day} ${clock(hour)}`,
              averageText(averageOf(cell)),
              text(cell.sum),
              String(cell.hours),
            ]),
          ),
        })}
      />
    </>
  );
}
