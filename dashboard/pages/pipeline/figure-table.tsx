// A table of figures whose cells may hold more than text; it scrolls by itself where it is wider than its panel.
import type { ComponentChildren } from 'preact';

export interface FigureRow {
  readonly key: string | number;
  readonly head: ComponentChildren;
  readonly cells: readonly ComponentChildren[];
}

export interface FigureTableProps {
  readonly caption: string;
  readonly head: readonly ComponentChildren[];
  readonly rows: readonly FigureRow[];
  /** The row below all others. */
  readonly foot?: readonly string[];
  readonly class?: string;
}

export function FigureTable({ caption, head, rows, foot, class: name = '' }: FigureTableProps) {
  return (
    <div class={`table-box ${name}`} tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {head.map((text, i) => (
              <th scope="col" key={i}>
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, head: first, cells }) => (
            <tr key={key}>
              <th scope="row">{first}</th>
              {cells.map((cell, i) => (
                <td key={i}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
        {foot && (
          <tfoot>
            <tr>
              <th scope="row">{foot[0]}</th>
              {foot.slice(1).map((text, i) => (
                <td key={i}>{text}</td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}
