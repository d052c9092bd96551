import type { ReactNode } from 'react';
import styles from './Table.module.css';

export interface Column<Row> {
  head: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the right. */
  number?: boolean;
  /** Stays on one line: times, addresses, what has no good place to break. */
  whole?: boolean;
  /** The cell that names the row. */
  rowHeader?: boolean;
}

interface TableProps<Row> {
  /** What the table lists, for screen readers. */
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** Key of the row that the address points at. */
  markedKey?: string | undefined;
  footer?: ReactNode;
}

/** A table with a sticky head. On narrow screens each row becomes a card, with the column's name before each value. */
export function Table<Row>({ caption, columns, rows, rowKey, markedKey, footer }: TableProps<Row>) {
  return (
    <div className={styles.frame}>
      <table className={styles.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.head} scope="col" className={column.number ? styles.number : undefined}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} aria-current={rowKey(row) === markedKey || undefined}>
              {columns.map((column) => {
                const inside = (
                  <>
                    <span className={styles.label} aria-hidden="true">
                      {column.head}
                    </span>
                    <span className={styles.value}>{column.cell(row)}</span>
                  </>
                );
                const className = column.number ? styles.number : column.whole ? styles.whole : undefined;
                return column.rowHeader ? (
                  <th key={column.head} scope="row" className={className}>
                    {inside}
                  </th>
                ) : (
                  <td key={column.head} className={className}>
                    {inside}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
        {footer && <tfoot>{footer}</tfoot>}
      </table>
    </div>
  );
}
