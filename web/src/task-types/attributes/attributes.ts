/** Attributes of objects and of the whole scene (API v1, part 4.3): what is asked, when, and what is missing. */
import { type LabelNode, leafLabels, readLabels } from '../labels';

export type AttributeKind = 'category' | 'number' | 'angle' | 'text' | 'x' | 'y' | 'linked';
export type AttributeValue = string | number | string[];
export type AttributeValues = Record<string, AttributeValue>;

export interface AttributeDefinition {
  key: string;
  kind: AttributeKind;
  description: string;
  choices: LabelNode[];
  allowMultiple: boolean;
  min: number | null;
  max: number | null;
  step: number;
  required: boolean;
  /** Labels of the objects that a linked attribute may point to; empty for all. */
  allowedLabels: string[];
  /** Asked once for the scene instead of for each object. */
  scene: boolean;
  /** Asked only for these labels; empty for all. */
  labels: string[];
  /** All must hold: another attribute has one of the values. */
  conditions: { key: string; values: string[] }[];
}

const KINDS: AttributeKind[] = ['category', 'number', 'angle', 'text', 'x', 'y', 'linked'];

export function readAttributes(value: unknown): AttributeDefinition[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, raw]) => {
    if (typeof raw !== 'object' || raw === null) return [];
    const attribute = raw as Record<string, unknown>;
    const kind = KINDS.find((known) => known === attribute.type) ?? 'category';
    const conditions = asRecord(attribute.conditions);
    return [
      {
        key,
        kind,
        description: typeof attribute.description === 'string' ? attribute.description : key,
        choices: leafLabels(readLabels(attribute.choices ?? [])),
        allowMultiple: attribute.allow_multiple === true,
        min: numberOrNull(attribute.min),
        max: numberOrNull(attribute.max),
        step: numberOrNull(attribute.step) ?? 1,
        required: typeof attribute.required === 'boolean' ? attribute.required : kind !== 'linked',
        allowedLabels: asStrings(attribute.allowed_labels),
        scene: conditions.is_global === true,
        labels: asStrings(asRecord(conditions.label_condition).label),
        conditions: readConditions(conditions),
      },
    ];
  });
}

/** Both spellings: a list of `{attribute_key, value}`, and an object of key to values. */
function readConditions(conditions: Record<string, unknown>): AttributeDefinition['conditions'] {
  const list = Array.isArray(conditions.attribute_conditions) ? conditions.attribute_conditions : [];
  const listed = list.map((raw) => {
    const { attribute_key, value } = asRecord(raw);
    return { key: String(attribute_key), values: asStrings(value) };
  });
  const keyed = Object.entries(asRecord(conditions.attribute_condition)).map(([key, values]) => ({
    key,
    values: asStrings(values),
  }));
  return [...listed, ...keyed];
}

/** The attributes to ask of an object with this label, or of the scene (`null`), given what is answered so far. */
export function attributesToAsk(
  definitions: AttributeDefinition[],
  label: string | null,
  values: AttributeValues,
  scene: boolean,
): AttributeDefinition[] {
  return definitions.filter(
    (definition) =>
      definition.scene === scene &&
      (definition.labels.length === 0 || (label !== null && definition.labels.includes(label))) &&
      definition.conditions.every(({ key, values: wanted }) =>
        [values[key]].flat().some((value) => value !== undefined && wanted.includes(String(value))),
      ),
  );
}

export function isAnswered(value: AttributeValue | undefined): boolean {
  return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** What is wrong with a value, as a message about the attribute; null when it is fine. */
export function attributeProblem(
  definition: AttributeDefinition,
  value: AttributeValue | undefined,
): string | null {
  const name = `*${definition.description}*`;
  if (!isAnswered(value)) return definition.required ? `${name} is required.` : null;
  if (definition.kind === 'number' || definition.kind === 'angle') {
    const [min, max] = definition.kind === 'angle' ? [0, 360] : [definition.min, definition.max];
    if (typeof value !== 'number') return `${name}: must be a number.`;
    if (max !== null && value > max) return `${name}: ${value} is more than ${max}.`;
    if (min !== null && value < min) return `${name}: ${value} is less than ${min}.`;
  }
  return null;
}

/** Only what is asked and answered goes into the response. */
export function answeredAttributes(asked: AttributeDefinition[], values: AttributeValues): AttributeValues {
  const answered: AttributeValues = {};
  for (const { key } of asked) {
    const value = values[key];
    if (value !== undefined && isAnswered(value)) answered[key] = value;
  }
  return answered;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asStrings(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  return value === undefined || value === null ? [] : [String(value)];
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
