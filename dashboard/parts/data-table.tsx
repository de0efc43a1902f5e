// The numbers of a chart as a table, folded away below it; and tables that stand by themselves, whose cells may hold more
// than text. A table scrolls by itself where it is larger than its place.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

export interface TableProps {
  readonly caption: string;
  readonly head: readonly ComponentChildren[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly ComponentChildren[])[];
  /** Tells the rows apart where their first cells do not. */
  readonly keys?: readonly string[];
  /** The row below all others. */
  readonly foot?: readonly string[];
  readonly class?: string;
}

/** `table` is asked only while the table is looked at: it changes with every number. */
export function DataTable({ table }: { readonly table: () => TableProps }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="data-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Table</summary>
      {isOpen && <Table {...table()} />}
    </details>
  );
}

export function Table({ caption, head, rows, keys, foot, class: name = '' }: TableProps) {
  return (
    <div class={`table-box ${name}`} tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {head.map((cell, i) => (
              <th scope="col" key={i}>
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, i) => (
            <Row key={keys?.[i] ?? (typeof cells[0] === 'string' ? cells[0] : i)} cells={cells} />
          ))}
        </tbody>
        {foot && (
          <tfoot>
            <Row cells={foot} />
          </tfoot>
        )}
      </table>
    </div>
  );
}

function Row({ cells: [first, ...rest] }: { cells: readonly ComponentChildren[] }) {
  return (
    <tr>
      <th scope="row">{first}</th>
      {rest.map((cell, i) => (
        <td key={i}>{cell}</td>
      ))}
    </tr>
  );
}
