import type { WorkTask } from '../../api/types';
import type { Problem } from '../definition';
import {
  filledIn,
  isBlank,
  type KeyedField,
  type KeyedValues,
  problemsOfValues,
  readKeyedFields,
  readValues,
} from '../keyed-fields/keyed-fields';

export interface TranscriptionDraft {
  fields: KeyedValues;
  rows: KeyedValues[];
}

export interface TranscriptionParams {
  fields: KeyedField[];
  columns: KeyedField[];
}

export function readParams(params: Record<string, unknown>): TranscriptionParams {
  return {
    fields: readKeyedFields(params.fields),
    columns: readKeyedFields(params.repeatable_fields),
  };
}

export function initialDraft(task: WorkTask): TranscriptionDraft {
  const { fields, columns } = readParams(task.params);
  const guess = task.params.hypothesis as
    | { fields?: unknown; repeatable_fields?: unknown }
    | null
    | undefined;
  const rows = Array.isArray(guess?.repeatable_fields)
    ? guess.repeatable_fields.map((row: unknown) => readValues(columns, row))
    : [];
  return {
    fields: readValues(fields, guess?.fields),
    rows: rows.length === 0 && columns.length > 0 ? [{}] : rows,
  };
}

export function readDraft(task: WorkTask, stored: unknown): TranscriptionDraft | null {
  const draft = stored as Partial<TranscriptionDraft> | null;
  if (typeof draft?.fields !== 'object' || !Array.isArray(draft.rows)) return null;
  const { fields, columns } = readParams(task.params);
  return {
    fields: readValues(fields, draft.fields),
    rows: draft.rows.map((row) => readValues(columns, row)),
  };
}

/** The rows in which something is filled in. */
function filledRows(draft: TranscriptionDraft): KeyedValues[] {
  return draft.rows.map(filledIn).filter((row) => Object.keys(row).length > 0);
}

export function problems(task: WorkTask, draft: TranscriptionDraft): Problem[] {
  const { fields, columns } = readParams(task.params);
  const found = problemsOfValues(fields, draft.fields, 'fields');
  draft.rows.forEach((row, index) => {
    if (Object.values(row).every(isBlank)) return;
    found.push(...problemsOfValues(columns, row, `repeatable_fields[${index}]`));
  });
  const empty = Object.keys(filledIn(draft.fields)).length === 0 && filledRows(draft).length === 0;
  if (found.length === 0 && empty) {
    const first = fields[0] ? `fields.${fields[0].id}` : `repeatable_fields[0].${columns[0]?.id ?? ''}`;
    found.push({ path: first, message: 'Fill in at least one field.' });
  }
  return found;
}

export function toResponse(task: WorkTask, draft: TranscriptionDraft): Record<string, unknown> {
  const { fields, columns } = readParams(task.params);
  return {
    ...(fields.length > 0 ? { fields: filledIn(draft.fields) } : {}),
    ...(columns.length > 0 ? { repeatable_fields: filledRows(draft) } : {}),
  };
}

/**
 * Puts cells copied from a spreadsheet into the table, beginning at one cell. Rows are added as needed; columns beyond
 * the last are left out.
 */
export function pasteCells(
  rows: KeyedValues[],
  columns: KeyedField[],
  text: string,
  fromRow: number,
  fromColumn: number,
): KeyedValues[] {
  const next = [...rows];
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n');
  lines.forEach((line, lineIndex) => {
    const row = { ...next[fromRow + lineIndex] };
    line.split('\t').forEach((cell, cellIndex) => {
      const column = columns[fromColumn + cellIndex];
      if (!column) return;
      const number = Number(cell.trim());
      if (column.kind === 'number') {
        if (cell.trim() !== '' && Number.isFinite(number)) row[column.id] = number;
      } else if (column.kind === 'category') {
        if (column.choices.some(({ choice }) => choice === cell)) row[column.id] = cell;
      } else if (column.kind === 'text') {
        row[column.id] = cell;
      }
    });
    next[fromRow + lineIndex] = row;
  });
  return next;
}
