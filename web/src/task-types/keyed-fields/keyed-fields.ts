/** Fields by key, as `transcription` and `datacollection` have them (API v1, part 4.13). */
import type { Problem } from '../definition';
import { type LabelNode, leafLabels, readLabels } from '../labels';

export interface KeyedField {
  id: string;
  title: string;
  description: string | null;
  required: boolean;
  kind: 'text' | 'number' | 'boolean' | 'category';
  choices: LabelNode[];
}

export type KeyedValue = string | number | boolean;
export type KeyedValues = Record<string, KeyedValue>;

/** Reads an object of key and description, or an array of objects. */
export function readKeyedFields(value: unknown): KeyedField[] {
  if (Array.isArray(value)) return value.flatMap((raw: unknown) => readField(null, raw));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, raw]) => readField(key, raw));
}

function readField(key: string | null, raw: unknown): KeyedField[] {
  if (typeof raw !== 'object' || raw === null) {
    if (key === null) return [];
    const title = typeof raw === 'string' && raw !== '' ? raw : key;
    return [{ id: key, title, description: null, required: false, kind: 'text', choices: [] }];
  }
  const field = raw as Record<string, unknown>;
  const id = typeof field.id === 'string' ? field.id : key;
  if (id === null) return [];
  const choices = leafLabels(readLabels(field.choices ?? []));
  return [
    {
      id,
      title: typeof field.title === 'string' && field.title !== '' ? field.title : id,
      description: typeof field.description === 'string' ? field.description : null,
      required: field.required === true || field.required === 'true',
      kind:
        choices.length > 0
          ? 'category'
          : field.type === 'number' || field.type === 'boolean'
            ? field.type
            : 'text',
      choices,
    },
  ];
}

/** Reads values that were stored or guessed; keys that are no field are left out. */
export function readValues(fields: KeyedField[], value: unknown): KeyedValues {
  const values: KeyedValues = {};
  if (typeof value !== 'object' || value === null) return values;
  for (const { id } of fields) {
    const given = (value as Record<string, unknown>)[id];
    if (typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean') {
      values[id] = given;
    }
  }
  return values;
}

export function isBlank(value: KeyedValue | undefined): boolean {
  return value === undefined || (typeof value === 'string' && value.trim() === '');
}

export function filledIn(values: KeyedValues): KeyedValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isBlank(value)));
}

export function problemsOfValues(fields: KeyedField[], values: KeyedValues, path: string): Problem[] {
  return fields.flatMap((field) =>
    field.required && isBlank(values[field.id])
      ? [{ path: `${path}.${field.id}`, message: `*${field.title}* is required.` }]
      : [],
  );
}
