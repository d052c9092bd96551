import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef } from 'react';
import { Button, IconButton } from '../../ui/Button';
import type { Problem } from '../definition';
import { KeyedFieldInput } from '../keyed-fields/KeyedFieldInput';
import type { KeyedField, KeyedValue, KeyedValues } from '../keyed-fields/keyed-fields';
import styles from './RowTable.module.css';
import { pasteCells } from './response';

interface RowTableProps {
  columns: KeyedField[];
  rows: KeyedValues[];
  problems: Problem[];
  readOnly: boolean;
  change: (rows: KeyedValues[], mergeKey: string) => void;
}

/** Fields that repeat, as a table: Enter goes to the next cell, cells from a spreadsheet can be pasted. */
export function RowTable({ columns, rows, problems, readOnly, change }: RowTableProps) {
  const table = useRef<HTMLTableElement>(null);
  /** Row whose first cell takes the focus once it is there. */
  const focusRow = useRef<number | null>(null);

  useEffect(() => {
    if (focusRow.current === null) return;
    cellAt(focusRow.current, 0)?.focus();
    focusRow.current = null;
  });

  function cellAt(row: number, column: number): HTMLElement | null {
    return (
      table.current?.querySelector<HTMLElement>(`[data-cell="${row} ${column}"] :is(input, select)`) ?? null
    );
  }

  function setCell(row: number, id: string, value: KeyedValue | undefined) {
    const next = rows.map((old, index) => {
      if (index !== row) return old;
      const cells = { ...old };
      if (value === undefined) delete cells[id];
      else cells[id] = value;
      return cells;
    });
    change(next, `cell ${row} ${id}`);
  }

  function addRow() {
    focusRow.current = rows.length;
    change([...rows, {}], `add row ${rows.length}`);
  }

  function onKeyDown(event: KeyboardEvent, row: number, column: number) {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = column + 1 < columns.length ? cellAt(row, column + 1) : cellAt(row + 1, 0);
    if (next) next.focus();
    else addRow();
  }

  function onPaste(event: ClipboardEvent, row: number, column: number) {
    const text = event.clipboardData.getData('text/plain');
    if (!/[\t\n]/.test(text)) return;
    event.preventDefault();
    change(pasteCells(rows, columns, text, row, column), 'paste');
  }

  return (
    <fieldset disabled={readOnly} aria-label="Rows" className={styles.frame}>
      <table ref={table} aria-label="Rows" className={styles.table}>
        <thead>
          <tr>
            <th scope="col">No.</th>
            {columns.map((column) => (
              <th key={column.id} scope="col">
                {column.title}
                {column.required && ' (required)'}
              </th>
            ))}
            <th scope="col">
              <span className="visually-hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, rowIndex) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is known by its place only
            <tr key={rowIndex}>
              <th scope="row">{rowIndex + 1}</th>
              {columns.map((column, columnIndex) => {
                const path = `repeatable_fields[${rowIndex}].${column.id}`;
                return (
                  <td
                    key={column.id}
                    data-cell={`${rowIndex} ${columnIndex}`}
                    onKeyDown={(event) => onKeyDown(event, rowIndex, columnIndex)}
                    onPaste={(event) => onPaste(event, rowIndex, columnIndex)}
                  >
                    <KeyedFieldInput
                      name={`${column.title}, row ${rowIndex + 1}`}
                      field={column}
                      path={path}
                      value={row[column.id]}
                      wrong={problems.some((problem) => problem.path === path)}
                      change={(value) => setCell(rowIndex, column.id, value)}
                    />
                  </td>
                );
              })}
              <td>
                <IconButton
                  icon="trash"
                  name={`Remove row ${rowIndex + 1}`}
                  onClick={() => change(rows.toSpliced(rowIndex, 1), `remove row ${rowIndex}`)}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Button onClick={addRow}>Add row</Button>
    </fieldset>
  );
}
