import { type AttributeDefinition, readAttributes } from '../attributes/attributes';

export interface EntityLabel {
  name: string;
  description: string | null;
  attributes: AttributeDefinition[];
}

export interface RelationshipRule {
  name: string;
  /** Empty for all labels. */
  sourceLabels: string[];
  targetLabels: string[];
}

export interface NerParams {
  text: string;
  labels: EntityLabel[];
  relationships: RelationshipRule[];
  globalAttributes: AttributeDefinition[];
}

export function readParams(params: Record<string, unknown>): NerParams {
  return {
    text: typeof params.text === 'string' ? params.text : '',
    labels: readEntityLabels(params.labels),
    relationships: readRelationships(params.relationships),
    globalAttributes: readAttributes(params.global_attributes),
  };
}

/** Labels that can be given: those without children. */
function readEntityLabels(value: unknown): EntityLabel[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((raw: unknown) => {
    if (typeof raw === 'string') return [{ name: raw, description: null, attributes: [] }];
    if (typeof raw !== 'object' || raw === null) return [];
    const { name, description, attributes, children } = raw as Record<string, unknown>;
    const below = readEntityLabels(children);
    if (below.length > 0) return below;
    if (typeof name !== 'string') return [];
    return [
      {
        name,
        description: typeof description === 'string' && description !== '' ? description : null,
        attributes: readAttributes(attributes),
      },
    ];
  });
}

function readRelationships(value: unknown): RelationshipRule[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((raw: unknown) => {
    if (typeof raw !== 'object' || raw === null) return [];
    const { name, source_labels, target_labels } = raw as Record<string, unknown>;
    if (typeof name !== 'string') return [];
    return [
      {
        name,
        sourceLabels: Array.isArray(source_labels) ? source_labels.map(String) : [],
        targetLabels: Array.isArray(target_labels) ? target_labels.map(String) : [],
      },
    ];
  });
}

/** Relationships that may start at an entity of this label. */
export function rulesFrom(params: NerParams, label: string): RelationshipRule[] {
  return params.relationships.filter(
    ({ sourceLabels }) => sourceLabels.length === 0 || sourceLabels.includes(label),
  );
}
