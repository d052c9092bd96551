import { type Answer, type Answers, type Field, isGroup } from './fields';

/** What the conditions of a field can look at: its own level first, then those around it. */
export interface Scope {
  fields: Field[];
  answers: Answers;
  outer: Scope | null;
}

/** The fields of a level that are shown, given the answers so far. */
export function shownFields(scope: Scope): Field[] {
  return scope.fields.filter((field) => isShown(field, scope, new Set()));
}

/** `asking` holds the fields whose conditions are being looked at, so that a circle of conditions comes to an end. */
function isShown(field: Field, scope: Scope, asking: Set<Field>): boolean {
  if (field.conditions === undefined || field.conditions === null) return true;
  if (asking.has(field)) return false;
  return holds(field.conditions, scope, new Set(asking).add(field));
}

/** An array is "one of", an object is "all of", `not` turns round, anything else compares an answer. */
function holds(condition: unknown, scope: Scope, asking: Set<Field>): boolean {
  if (Array.isArray(condition)) return condition.some((part) => holds(part, scope, asking));
  if (typeof condition !== 'object' || condition === null) return false;
  return Object.entries(condition).every(([name, wanted]) =>
    name === 'not' ? !holds(wanted, scope, asking) : answerIs(name, wanted, scope, asking),
  );
}

function answerIs(fieldId: string, wanted: unknown, scope: Scope | null, asking: Set<Field>): boolean {
  if (scope === null) return false;
  const field = scope.fields.find((candidate) => candidate.field_id === fieldId);
  if (!field) return answerIs(fieldId, wanted, scope.outer, asking);
  // What is hidden has no answer, whatever was filled in before.
  if (isGroup(field) || !isShown(field, scope, asking)) return false;
  const values = Array.isArray(wanted) ? wanted : [wanted];
  return (scope.answers[fieldId] ?? []).some((answer: Answer) =>
    [answer].flat().some((value) => values.includes(value)),
  );
}
