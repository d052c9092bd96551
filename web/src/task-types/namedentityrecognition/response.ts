import type { WorkTask } from '../../api/types';
import {
  type AttributeValues,
  answeredAttributes,
  attributeProblem,
  attributesToAsk,
} from '../attributes/attributes';
import type { Problem } from '../definition';
import { TextOffsets } from './offsets';
import { readParams } from './params';

export interface Entity {
  id: string;
  /** Code points; the end is excluded. */
  start: number;
  end: number;
  label: string;
  attributes: AttributeValues;
}

export interface Relationship {
  id: string;
  source: string;
  target: string;
  name: string;
}

export interface NerDraft {
  entities: Entity[];
  relationships: Relationship[];
  globalAttributes: AttributeValues;
}

export function initialDraft(task: WorkTask): NerDraft {
  return readAnswer(task.params.hypothesis) ?? { entities: [], relationships: [], globalAttributes: {} };
}

/** Reads an answer in the form of a response. */
function readAnswer(value: unknown): NerDraft | null {
  const answer = value as {
    annotations?: unknown;
    relationships?: unknown;
    global_attributes?: unknown;
  } | null;
  if (!Array.isArray(answer?.annotations)) return null;
  return {
    entities: answer.annotations.flatMap((raw: unknown, index) => {
      const { id, start, end, label, attributes } = (raw ?? {}) as Record<string, unknown>;
      if (typeof start !== 'number' || typeof end !== 'number' || typeof label !== 'string') return [];
      return [
        {
          id: typeof id === 'string' ? id : `guess-${index}`,
          start,
          end,
          label,
          attributes: (attributes ?? {}) as AttributeValues,
        },
      ];
    }),
    relationships: (Array.isArray(answer.relationships) ? answer.relationships : []).flatMap(
      (raw: unknown) => {
        const { id, source_ref, target_ref, name } = (raw ?? {}) as Record<string, unknown>;
        if (typeof source_ref !== 'string' || typeof target_ref !== 'string' || typeof name !== 'string')
          return [];
        return [{ id: String(id), source: source_ref, target: target_ref, name }];
      },
    ),
    globalAttributes: (answer.global_attributes ?? {}) as AttributeValues,
  };
}

export function readDraft(_task: WorkTask, stored: unknown): NerDraft | null {
  const draft = stored as Partial<NerDraft> | null;
  if (!Array.isArray(draft?.entities) || !Array.isArray(draft.relationships)) return null;
  return {
    entities: draft.entities,
    relationships: draft.relationships,
    globalAttributes: draft.globalAttributes ?? {},
  };
}

/** Entities in the order of the text: by start, the longer one first. */
export function inTextOrder(entities: Entity[]): Entity[] {
  return entities.toSorted((a, b) => a.start - b.start || b.end - a.end);
}

export function addEntity(draft: NerDraft, entity: Entity): NerDraft {
  return { ...draft, entities: inTextOrder([...draft.entities, entity]) };
}

export function changeEntity(draft: NerDraft, id: string, change: Partial<Entity>): NerDraft {
  return {
    ...draft,
    entities: draft.entities.map((entity) => (entity.id === id ? { ...entity, ...change } : entity)),
  };
}

/** Relationships of a removed entity go with it. */
export function removeEntity(draft: NerDraft, id: string): NerDraft {
  return {
    ...draft,
    entities: draft.entities.filter((entity) => entity.id !== id),
    relationships: draft.relationships.filter(({ source, target }) => source !== id && target !== id),
  };
}

export function problems(task: WorkTask, draft: NerDraft): Problem[] {
  const params = readParams(task.params);
  const found: Problem[] = [];
  for (const definition of attributesToAsk(params.globalAttributes, null, draft.globalAttributes, true)) {
    const message = attributeProblem(definition, draft.globalAttributes[definition.key]);
    if (message) found.push({ path: `global_attributes.${definition.key}`, message });
  }
  draft.entities.forEach((entity, index) => {
    const label = params.labels.find(({ name }) => name === entity.label);
    if (!label) {
      found.push({ path: `annotations[${index}].label`, message: `Entity ${index + 1}: choose a label.` });
      return;
    }
    for (const definition of attributesToAsk(label.attributes, entity.label, entity.attributes, false)) {
      const message = attributeProblem(definition, entity.attributes[definition.key]);
      if (message) {
        found.push({
          path: `annotations[${index}].attributes.${definition.key}`,
          message: `Entity ${index + 1} (${entity.label}): ${message}`,
        });
      }
    }
  });
  return found;
}

export function toResponse(task: WorkTask, draft: NerDraft): Record<string, unknown> {
  const params = readParams(task.params);
  const offsets = new TextOffsets(params.text);
  return {
    annotations: draft.entities.map((entity) => {
      const label = params.labels.find(({ name }) => name === entity.label);
      const asked = attributesToAsk(label?.attributes ?? [], entity.label, entity.attributes, false);
      return {
        id: entity.id,
        start: entity.start,
        end: entity.end,
        text: offsets.slice(entity.start, entity.end),
        label: entity.label,
        attributes: answeredAttributes(asked, entity.attributes),
      };
    }),
    relationships: draft.relationships.map(({ id, source, target, name }) => ({
      id,
      source_ref: source,
      target_ref: target,
      name,
    })),
    global_attributes: answeredAttributes(
      attributesToAsk(params.globalAttributes, null, draft.globalAttributes, true),
      draft.globalAttributes,
    ),
  };
}
