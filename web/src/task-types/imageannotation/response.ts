import { crossesItself } from '../../canvas/geometry/path';
import { answeredAttributes, attributeProblem, attributesToAsk } from '../attributes/attributes';
import type { Problem } from '../definition';
import type { ImageDraft, ImageObject } from './draft';
import { type ImageParams, labelsFor, rulesFor } from './params';

/** How messages name an object: "Object 3 (car, box)". */
function nameOf(object: ImageObject, index: number): string {
  return `Object ${index + 1} (${object.label === null ? '' : `${object.label}, `}${object.geometry.type})`;
}

export function problems(params: ImageParams, draft: ImageDraft): Problem[] {
  const found: Problem[] = [];
  for (const definition of attributesToAsk(params.attributes, null, draft.sceneAttributes, true)) {
    const wrong = attributeProblem(definition, draft.sceneAttributes[definition.key]);
    if (wrong) {
      found.push({
        path: `global_attributes.${definition.key}`,
        message: wrong,
      });
    }
  }
  if (draft.objects.length === 0 && !draft.nothing) {
    found.push({
      path: 'annotations',
      message: 'Draw at least one object or choose *Nothing to annotate*.',
    });
  }
  draft.objects.forEach((object, index) => {
    const path = `annotations[${index}]`;
    if (object.label === null && labelsFor(params, object.geometry.type).length > 0) {
      found.push({ path: `${path}.label`, message: `Object ${index + 1}: choose a label.` });
    }
    const wrong = geometryProblem(params, object);
    if (wrong) found.push({ path, message: `${nameOf(object, index)}: ${wrong}` });
    for (const definition of attributesToAsk(params.attributes, object.label, object.attributes, false)) {
      const missing = attributeProblem(definition, object.attributes[definition.key]);
      if (missing) {
        found.push({
          path: `${path}.attributes.${definition.key}`,
          message: `Object ${index + 1} (${object.label ?? object.geometry.type}): ${missing}`,
        });
      }
    }
  });
  return found;
}

function geometryProblem(params: ImageParams, { geometry }: ImageObject): string | null {
  const rules = rulesFor(params, geometry.type);
  switch (geometry.type) {
    case 'box': {
      const leastWidth = Math.max(1, rules?.minWidth ?? 0);
      const leastHeight = Math.max(1, rules?.minHeight ?? 0);
      if (geometry.width >= leastWidth && geometry.height >= leastHeight) return null;
      return `${geometry.width} × ${geometry.height} px is smaller than the least size ${leastWidth} × ${leastHeight} px.`;
    }
    case 'polygon':
    case 'line': {
      const least = rules?.minVertices ?? (geometry.type === 'polygon' ? 3 : 2);
      const { length } = geometry.vertices;
      if (length < least) return `${length} vertices, at least ${least}.`;
      const most = rules?.maxVertices ?? null;
      return most !== null && length > most ? `${length} vertices, at most ${most}.` : null;
    }
    case 'point':
      return null;
  }
}

/** What is odd about an object but no error. */
export function warningFor({ geometry }: ImageObject): string | null {
  return geometry.type === 'polygon' && crossesItself(geometry.vertices)
    ? 'The outline crosses itself.'
    : null;
}

export function toResponse(params: ImageParams, draft: ImageDraft): Record<string, unknown> {
  const annotations = draft.objects.map((object) => {
    const { type, ...place } = object.geometry;
    const asked = attributesToAsk(params.attributes, object.label, object.attributes, false);
    return {
      uuid: object.uuid,
      type,
      ...(object.label === null ? {} : { label: object.label }),
      ...place,
      attributes: answeredAttributes(asked, object.attributes),
    };
  });
  if (params.legacy) return { annotations };
  const askedOfScene = attributesToAsk(params.attributes, null, draft.sceneAttributes, true);
  return {
    annotations,
    links: [],
    global_attributes: answeredAttributes(askedOfScene, draft.sceneAttributes),
  };
}
