import type { GeometryType } from '../../canvas/geometry/geometry';
import { type AttributeDefinition, readAttributes } from '../attributes/attributes';
import { type LabelNode, leafLabels, readLabels } from '../labels';

/** The older types on the picture engine know one kind of shape each. `imageannotation` knows them all. */
const LEGACY_GEOMETRY: Record<string, GeometryType> = {
  annotation: 'box',
  polygonannotation: 'polygon',
  lineannotation: 'line',
  pointannotation: 'point',
};

/** In the order of the tool bar. */
export const GEOMETRY_TYPES: GeometryType[] = ['box', 'polygon', 'line', 'point'];

/** What is asked of one kind of shape. */
export interface GeometryRules {
  type: GeometryType;
  labels: LabelNode[];
  /** Boxes: least width and height in picture pixels. */
  minWidth: number;
  minHeight: number;
  integerPixels: boolean;
  /** Polygons and lines. */
  minVertices: number;
  maxVertices: number | null;
}

export interface ImageParams {
  /** One of the older types, whose answers hold annotations alone. */
  legacy: boolean;
  rules: GeometryRules[];
  /** Kinds of shapes that are asked for but cannot be drawn in this version. */
  unsupported: string[];
  /** False where the older types want shapes without labels. */
  withLabels: boolean;
  paddingX: number;
  paddingY: number;
  attributes: AttributeDefinition[];
  mayAddObjects: boolean;
  mayEditBase: boolean;
  mayEditBaseLabels: boolean;
  mayDeleteBase: boolean;
}

export function readParams(type: string, params: Record<string, unknown>): ImageParams {
  const onlyGeometry = LEGACY_GEOMETRY[type];
  const geometries = onlyGeometry === undefined ? asRecord(params.geometries) : { [onlyGeometry]: params };
  const padding = asNumber(params.padding, 0);
  return {
    legacy: onlyGeometry !== undefined,
    rules: GEOMETRY_TYPES.filter((geometry) => geometries[geometry] != null).map((geometry) =>
      readRules(geometry, asRecord(geometries[geometry])),
    ),
    unsupported: Object.keys(geometries).filter((name) => !(GEOMETRY_TYPES as string[]).includes(name)),
    withLabels: onlyGeometry === undefined || params.with_labels === true,
    paddingX: asNumber(params.paddingX, padding),
    paddingY: asNumber(params.paddingY, padding),
    attributes: readAttributes(params.annotation_attributes),
    mayAddObjects: params.can_add_base_annotations !== false,
    mayEditBase: params.can_edit_base_annotations !== false,
    mayEditBaseLabels: params.can_edit_base_annotation_labels !== false,
    mayDeleteBase: params.can_delete_base_annotations !== false,
  };
}

function readRules(type: GeometryType, rules: Record<string, unknown>): GeometryRules {
  const least = type === 'polygon' ? 3 : 2;
  return {
    type,
    labels: readLabels(rules.objects_to_annotate ?? []),
    minWidth: asNumber(rules.min_width, 0),
    minHeight: asNumber(rules.min_height, 0),
    integerPixels: rules.integer_pixels === true,
    minVertices: Math.max(least, asNumber(rules.min_vertices, least)),
    maxVertices: typeof rules.max_vertices === 'number' ? rules.max_vertices : null,
  };
}

export function rulesFor(params: ImageParams, type: GeometryType): GeometryRules | undefined {
  return params.rules.find((rules) => rules.type === type);
}

/** Labels that can be given to a shape of the type; none where shapes go without. */
export function labelsFor(params: ImageParams, type: GeometryType): LabelNode[] {
  return params.withLabels ? leafLabels(rulesFor(params, type)?.labels ?? []) : [];
}

/** All labels of the task in a fixed order, which also gives each its colour. */
export function allLabels(params: ImageParams): LabelNode[] {
  const seen = new Map<string, LabelNode>();
  for (const { labels } of params.rules) {
    for (const label of leafLabels(labels)) if (!seen.has(label.choice)) seen.set(label.choice, label);
  }
  return [...seen.values()];
}

export function displayOf(params: ImageParams, label: string): string {
  return allLabels(params).find(({ choice }) => choice === label)?.display ?? label;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Older programs send numbers as text. */
function asNumber(value: unknown, otherwise: number): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : otherwise;
}
