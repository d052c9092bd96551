import type { WorkTask } from '../../api/types';
import type { Problem } from '../definition';
import { type Scope, shownFields } from './conditions';
import {
  type Answer,
  type Answers,
  answersMax,
  type Field,
  isEmpty,
  isGroup,
  leafChoices,
  readFields,
  type TimeRange,
} from './fields';

export interface TextcollectionDraft {
  answers: Answers;
}

export function initialDraft(task: WorkTask): TextcollectionDraft {
  const guess = (task.params.hypothesis as { annotations?: unknown } | null | undefined)?.annotations;
  return { answers: readAnswers(readFields(task.params.fields), guess) };
}

export function readDraft(_task: WorkTask, stored: unknown): TextcollectionDraft | null {
  const answers = (stored as Partial<TextcollectionDraft> | null)?.answers;
  return typeof answers === 'object' && answers !== null ? { answers } : null;
}

/** Reads answers in either form: `{type, field_id, response: […]}`, or the value alone. */
function readAnswers(fields: Field[], value: unknown): Answers {
  if (typeof value !== 'object' || value === null) return {};
  const given = value as Record<string, unknown>;
  const answers: Answers = {};
  for (const field of fields) {
    const raw = given[field.field_id];
    if (raw === undefined || raw === null) continue;
    const wrapped = (raw as { response?: unknown }).response;
    const arrayIsOne = ['category', 'select', 'ranking'].includes(field.type);
    const list = Array.isArray(wrapped)
      ? wrapped
      : Array.isArray(raw) && (!arrayIsOne || Array.isArray(raw[0]))
        ? raw
        : [raw];
    answers[field.field_id] = list.map((answer) =>
      isGroup(field) ? readAnswers(field.fields, answer) : (answer as Answer),
    );
  }
  return answers;
}

export function problems(task: WorkTask, draft: TextcollectionDraft): Problem[] {
  const scope = { fields: readFields(task.params.fields), answers: draft.answers, outer: null };
  return problemsOfLevel('annotations', scope);
}

function problemsOfLevel(path: string, scope: Scope): Problem[] {
  return shownFields(scope).flatMap((field) => problemsOfField(`${path}.${field.field_id}`, field, scope));
}

function problemsOfField(path: string, field: Field, scope: Scope): Problem[] {
  const all = scope.answers[field.field_id] ?? [];
  const given = all.filter((answer) => !isEmpty(field, answer));
  const several = answersMax(field) > 1;
  if (given.length === 0) {
    if (isGroup(field) && (field.required || field.type === 'form')) {
      const inner = { fields: field.fields, answers: {}, outer: scope };
      const missing = problemsOfLevel(several ? `${path}[0]` : path, inner);
      if (missing.length > 0) return missing;
    }
    return field.required ? [{ path, message: `*${field.title}* is required.` }] : [];
  }
  const least = field.min_responses_required ?? 1;
  const found: Problem[] =
    given.length < least
      ? [
          {
            path,
            message: `*${field.title}*: ${given.length} ${given.length === 1 ? 'answer' : 'answers'}, at least ${least}.`,
          },
        ]
      : [];
  given.forEach((answer, index) => {
    const at = several ? `${path}[${index}]` : path;
    if (isGroup(field)) {
      found.push(...problemsOfLevel(at, { fields: field.fields, answers: answer as Answers, outer: scope }));
    } else {
      const wrong = problemOfAnswer(field, answer);
      if (wrong) found.push({ path: at, message: `*${field.title}*: ${wrong}` });
    }
  });
  return found;
}

function problemOfAnswer(field: Field, answer: Answer): string | null {
  switch (field.type) {
    case 'text': {
      const length = [...String(answer)].length;
      return field.max_characters !== undefined && length > field.max_characters
        ? `${length} characters, at most ${field.max_characters}.`
        : null;
    }
    case 'number': {
      const number = Number(answer);
      if (!Number.isFinite(number)) return 'must be a number.';
      if (field.max !== undefined && number > field.max) return `${number} is more than ${field.max}.`;
      if (field.min !== undefined && number < field.min) return `${number} is less than ${field.min}.`;
      return null;
    }
    case 'category':
    case 'select': {
      const { length } = answer as unknown[];
      const [least, most] = [field.min_choices ?? 1, field.max_choices ?? 1];
      const choices = length === 1 ? '1 choice' : `${length} choices`;
      if (length < least) return `${choices}, at least ${least}.`;
      return length > most ? `${choices}, at most ${most}.` : null;
    }
    case 'time_range': {
      const { start, end } = answer as TimeRange;
      if (start === null || end === null) return 'needs a start and an end, in seconds.';
      if (start < 0) return 'the start must be 0 or more.';
      return end < start ? 'the end must not be before the start.' : null;
    }
    case 'ranking':
      return (answer as unknown[]).length === leafChoices(field.options).length
        ? null
        : `put each of the ${field.options.length} options in order, once.`;
    case 'boolean':
    case 'datetime':
    case 'field_set':
    case 'form':
      return null;
  }
}

/** The newer form of the answer. Hidden fields are left out. */
export function toResponse(task: WorkTask, draft: TextcollectionDraft): Record<string, unknown> {
  const scope = { fields: readFields(task.params.fields), answers: draft.answers, outer: null };
  const annotations: Record<string, unknown> = {};
  for (const { field, values } of filledIn(scope)) {
    annotations[field.field_id] = { type: field.type, field_id: field.field_id, response: values };
  }
  return { annotations };
}

function filledIn(scope: Scope): { field: Field; values: unknown[] }[] {
  return shownFields(scope).flatMap((field) => {
    const values = (scope.answers[field.field_id] ?? [])
      .filter((answer) => !isEmpty(field, answer))
      .map((answer) =>
        isGroup(field) ? groupValue(field, answer as Answers, scope) : plainValue(field, answer),
      );
    return values.length === 0 ? [] : [{ field, values }];
  });
}

/** Within a group each field holds its value alone, or a list where it takes several. */
function groupValue(field: Extract<Field, { fields: Field[] }>, answers: Answers, outer: Scope) {
  const value: Record<string, unknown> = {};
  for (const inner of filledIn({ fields: field.fields, answers, outer })) {
    value[inner.field.field_id] = answersMax(inner.field) > 1 ? inner.values : inner.values[0];
  }
  return value;
}

function plainValue(field: Field, answer: Answer): unknown {
  // Browsers leave the seconds of a time out where they are zero.
  if (field.type === 'datetime' && typeof answer === 'string' && /T\d\d:\d\d$/.test(answer)) {
    return `${answer}:00`;
  }
  return answer;
}
