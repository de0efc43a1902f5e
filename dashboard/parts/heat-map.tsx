// Weekday × hour as a table whose cells are tinted: the table is the chart.
import type { Integer } from '../data/answer.ts';
import { weekDayNames } from '../data/format.ts';

/** Tints go by the square root, so that one busy hour does not make all others pale. */
const levels = 6;
const hours = Array.from({ length: 24 }, (_, hour) => hour);

const clock = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;

/** `cells`: by weekday from Monday, by hour. */
export function HeatMap(props: {
  caption: string;
  cells: readonly (readonly Integer[])[];
  text: (value: Integer) => string;
  /** In a cell. */
  shortText: (value: Integer) => string;
}) {
  const { caption, cells, text, shortText } = props;
  const most = Math.max(0, ...cells.flat().map(Number));
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
                {hours.map((hour) => {
                  const value = cells[d]?.[hour] ?? 0;
                  const level = most > 0 && value > 0 ? Math.ceil(levels * Math.sqrt(Number(value) / most)) : 0;
                  return (
                    <td key={hour} class={`heat-${level}`} title={`${day} ${clock(hour)}, ${text(value)}`}>
                      <span>{shortText(value)}</span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {most > 0 && <p class="foot">The stronger the colour, the more: up to {text(most)} in an hour.</p>}
    </>
  );
}
