/** Fields of a textcollection task, as the server stores them (API v1, part 4.12). */

export type ChoiceValue = string | number | boolean;

export interface Choice {
  label: string;
  /** Missing where the choice only holds others. */
  value?: ChoiceValue;
  hint?: string;
  subchoices?: Choice[];
}

interface FieldBase {
  field_id: string;
  title: string;
  description?: string;
  hint?: string;
  required?: boolean;
  min_responses_required?: number;
  max_responses_required?: number;
  conditions?: unknown;
}

export type Field = FieldBase &
  (
    | { type: 'text'; max_characters?: number }
    | { type: 'boolean' }
    | {
        type: 'number';
        min?: number;
        max?: number;
        use_slider?: boolean;
        prefix?: string;
        suffix?: string;
      }
    | { type: 'datetime' }
    | { type: 'category' | 'select'; choices: Choice[]; min_choices?: number; max_choices?: number }
    | { type: 'time_range' }
    | { type: 'field_set'; fields: Field[]; inline?: boolean }
    | { type: 'form'; fields: Field[] }
    | { type: 'ranking'; options: Choice[] }
  );

export interface TimeRange {
  start: number | null;
  end: number | null;
}

/** One answer to one field; null while nothing is filled in. */
export type Answer = string | number | boolean | null | ChoiceValue[] | TimeRange | Answers;

/** Answers by field id. Every field may have several. */
export interface Answers {
  [fieldId: string]: Answer[];
}

export function readFields(value: unknown): Field[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (field): field is Field => typeof field === 'object' && field !== null && 'field_id' in field,
  );
}

/** Choices that can be picked, with their text. A plain string stands for both. */
export function leafChoices(choices: (Choice | string)[]): { label: string; value: ChoiceValue }[] {
  return choices.flatMap((choice) => {
    if (typeof choice === 'string') return [{ label: choice, value: choice }];
    if (choice.subchoices && choice.subchoices.length > 0) return leafChoices(choice.subchoices);
    return choice.value === undefined ? [] : [{ label: choice.label, value: choice.value }];
  });
}

export function isGroup(field: Field): field is Extract<Field, { fields: Field[] }> {
  return field.type === 'field_set' || field.type === 'form';
}

export function isEmpty(field: Field, answer: Answer | undefined): boolean {
  if (answer === undefined || answer === null) return true;
  if (typeof answer === 'string') return answer.trim() === '';
  if (Array.isArray(answer)) return answer.length === 0;
  if (typeof answer !== 'object') return false;
  if (isGroup(field)) {
    return field.fields.every((inner) =>
      ((answer as Answers)[inner.field_id] ?? []).every((value) => isEmpty(inner, value)),
    );
  }
  const { start, end } = answer as TimeRange;
  return start === null && end === null;
}

/** How many answers a field can take. */
export function answersMax(field: Field): number {
  return Math.max(1, field.max_responses_required ?? 1);
}
