import type { WorkTask } from '../../api/types';
import { type Area, allowedArea } from '../../canvas/geometry/area';
import { clipToArea, type Geometry, type SettleOptions } from '../../canvas/geometry/geometry';
import { newUuid } from '../../lib/uuid';
import type { AttributeValues } from '../attributes/attributes';
import { type ImageParams, rulesFor } from './params';

export interface ImageObject {
  uuid: string;
  label: string | null;
  geometry: Geometry;
  attributes: AttributeValues;
  /** Came with the task, so that the customer's permissions hold for it. */
  base: boolean;
}

export interface ImageDraft {
  /** The lowest first. */
  objects: ImageObject[];
  sceneAttributes: AttributeValues;
  /** The labeler says that there is nothing to draw. */
  nothing: boolean;
}

/** The first guess of the customer, if any, is where the work begins. */
export function initialDraft(task: WorkTask): ImageDraft {
  const base = readAnnotations(task.params.base_annotations, true);
  const guess = readAnnotations(task.params.hypothesis, false);
  const scene = (task.params.hypothesis as { global_attributes?: unknown } | null | undefined)
    ?.global_attributes;
  return {
    objects: [...base, ...guess],
    sceneAttributes: typeof scene === 'object' && scene !== null ? (scene as AttributeValues) : {},
    nothing: false,
  };
}

/** Reads annotations in the form of a response. */
export function readAnnotations(value: unknown, base: boolean): ImageObject[] {
  const annotations = (value as { annotations?: unknown } | null | undefined)?.annotations;
  if (!Array.isArray(annotations)) return [];
  return annotations.flatMap((raw: unknown) => {
    if (typeof raw !== 'object' || raw === null) return [];
    const annotation = raw as Record<string, unknown>;
    const geometry = readGeometry(annotation);
    if (geometry === null) return [];
    return [
      {
        uuid: typeof annotation.uuid === 'string' ? annotation.uuid : newUuid(),
        label: typeof annotation.label === 'string' ? annotation.label : null,
        geometry,
        attributes:
          typeof annotation.attributes === 'object' && annotation.attributes !== null
            ? (annotation.attributes as AttributeValues)
            : {},
        base,
      },
    ];
  });
}

/** The older types send no `type`; the members then tell. */
function readGeometry(annotation: Record<string, unknown>): Geometry | null {
  const { type, left, top, width, height, vertices, x, y } = annotation;
  if (isNumber(left) && isNumber(top) && isNumber(width) && isNumber(height)) {
    return { type: 'box', left, top, width, height };
  }
  if (Array.isArray(vertices) && vertices.every((vertex) => isNumber(vertex?.x) && isNumber(vertex?.y))) {
    return {
      type: type === 'line' ? 'line' : 'polygon',
      vertices: vertices.map((vertex) => ({ x: vertex.x, y: vertex.y })),
    };
  }
  return isNumber(x) && isNumber(y) ? { type: 'point', x, y } : null;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Reads a stored draft; only the outer form is checked, since nobody but this app writes it. */
export function readDraft(_task: WorkTask, stored: unknown): ImageDraft | null {
  const draft = stored as Partial<ImageDraft> | null;
  if (!Array.isArray(draft?.objects) || typeof draft.sceneAttributes !== 'object') return null;
  return { objects: draft.objects, sceneAttributes: draft.sceneAttributes, nothing: draft.nothing === true };
}

export function areaFor(params: ImageParams, picture: { width: number; height: number }): Area {
  return allowedArea(picture.width, picture.height, params.paddingX, params.paddingY);
}

export function settleOptionsFor(params: ImageParams, type: Geometry['type'], area: Area): SettleOptions {
  return { area, integerPixels: rulesFor(params, type)?.integerPixels ?? false };
}

/** Clips what came with the task to the allowed area. Gives back the same draft when nothing lay outside. */
export function clipDraft(draft: ImageDraft, params: ImageParams, area: Area): ImageDraft {
  let changed = false;
  const objects = draft.objects.flatMap((object) => {
    const clipped = clipToArea(object.geometry, settleOptionsFor(params, object.geometry.type, area));
    if (clipped && JSON.stringify(clipped) === JSON.stringify(object.geometry)) return [object];
    changed = true;
    return clipped ? [{ ...object, geometry: clipped }] : [];
  });
  return changed ? { ...draft, objects } : draft;
}

// Changes. Each gives back a new draft and leaves the old one as it was.

export function addObject(draft: ImageDraft, object: ImageObject): ImageDraft {
  return { ...draft, objects: [...draft.objects, object], nothing: false };
}

export function changeObject(draft: ImageDraft, uuid: string, change: Partial<ImageObject>): ImageDraft {
  return {
    ...draft,
    objects: draft.objects.map((object) => (object.uuid === uuid ? { ...object, ...change } : object)),
  };
}

/** Links to a removed object go with it. */
export function removeObject(draft: ImageDraft, uuid: string): ImageDraft {
  return {
    ...draft,
    objects: draft.objects
      .filter((object) => object.uuid !== uuid)
      .map((object) => {
        const links = Object.entries(object.attributes).filter(([, value]) => value === uuid);
        if (links.length === 0) return object;
        const attributes = { ...object.attributes };
        for (const [key] of links) delete attributes[key];
        return { ...object, attributes };
      }),
  };
}

/** Moves an object one step up (+1) or down (−1) among those that lie over each other. */
export function reorderObject(draft: ImageDraft, uuid: string, step: 1 | -1): ImageDraft {
  const from = draft.objects.findIndex((object) => object.uuid === uuid);
  const to = from + step;
  const object = draft.objects[from];
  if (!object || to < 0 || to >= draft.objects.length) return draft;
  return { ...draft, objects: draft.objects.toSpliced(from, 1).toSpliced(to, 0, object) };
}
