// The numbers of a chart as a table, folded away below it; and tables that stand by themselves, whose cells may hold more
// than text. A table scrolls by itself where it is larger than its place; one that `stacks` has each row as a block of its
// own on a phone, and each cell tells there what it is.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

export interface TableProps {
  readonly caption: string;
  readonly head: readonly string[];
  /** What words of the head stand for that are no plain words. */
  readonly means?: Readonly<Record<string, string>>;
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

export function Table({ caption, head, means = {}, rows, keys, foot, class: name = '' }: TableProps) {
  return (
    <div class={`table-box ${name}`} tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {head.map((word, i) => (
              <th scope="col" key={i}>
                {means[word] ? <abbr title={means[word]}>{word}</abbr> : word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, i) => (
            <Row key={keys?.[i] ?? (typeof cells[0] === 'string' ? cells[0] : i)} cells={cells} head={head} />
          ))}
        </tbody>
        {foot && (
          <tfoot>
            <Row cells={foot} head={head} />
          </tfoot>
        )}
      </table>
    </div>
  );
}

function Row({ cells, head }: { cells: readonly ComponentChildren[]; head: readonly string[] }) {
  return (
    <tr>
      {cells.map((cell, i) =>
        i === 0 ? (
          <th scope="row" key={i} data-label={head[i]}>
            {cell}
          </th>
        ) : (
          <td key={i} data-label={head[i]}>
            {cell}
          </td>
        ),
      )}
    </tr>
  );
}
