import type { WorkTask } from '../../api/types';
import type { Problem } from '../definition';
import {
  filledIn,
  type KeyedField,
  type KeyedValues,
  problemsOfValues,
  readKeyedFields,
  readValues,
} from '../keyed-fields/keyed-fields';

export interface DatacollectionDraft {
  fields: KeyedValues;
  /** When the first value was filled in, in milliseconds since 1970; null before. */
  begunAtMs: number | null;
}

export function fieldsOf(task: WorkTask): KeyedField[] {
  return readKeyedFields(task.params.fields);
}

export function initialDraft(task: WorkTask): DatacollectionDraft {
  const guess = task.params.hypothesis as { fields?: unknown } | null | undefined;
  return { fields: readValues(fieldsOf(task), guess?.fields), begunAtMs: null };
}

export function readDraft(task: WorkTask, stored: unknown): DatacollectionDraft | null {
  const draft = stored as Partial<DatacollectionDraft> | null;
  if (typeof draft?.fields !== 'object') return null;
  return {
    fields: readValues(fieldsOf(task), draft.fields),
    begunAtMs: typeof draft.begunAtMs === 'number' ? draft.begunAtMs : null,
  };
}

export function problems(task: WorkTask, draft: DatacollectionDraft): Problem[] {
  const fields = fieldsOf(task);
  const found = problemsOfValues(fields, draft.fields, 'fields');
  if (found.length === 0 && Object.keys(filledIn(draft.fields)).length === 0) {
    return [{ path: `fields.${fields[0]?.id ?? ''}`, message: 'Fill in at least one field.' }];
  }
  return found;
}

const SECONDS_MAX = 604_800;

export function toResponse(
  _task: WorkTask,
  draft: DatacollectionDraft,
  nowMs: number = Date.now(),
): Record<string, unknown> {
  const spent = draft.begunAtMs === null ? 0 : Math.round((nowMs - draft.begunAtMs) / 1000);
  return {
    fields: filledIn(draft.fields),
    time_spent_in_seconds: Math.min(SECONDS_MAX, Math.max(0, spent)),
  };
}
