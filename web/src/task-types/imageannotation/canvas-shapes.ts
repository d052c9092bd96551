import { labelColour } from '../../canvas/colours';
import type { CanvasShape } from '../../canvas/shape';
import type { ImageDraft, ImageObject } from './draft';
import { allLabels, displayOf, type ImageParams } from './params';

/** How objects look on the canvas. Unchanged objects keep their shape, so that little is made anew. */
export function createShapeCache(params: ImageParams) {
  const labels = allLabels(params).map((label) => label.choice);
  const cache = new WeakMap<ImageObject, CanvasShape>();

  function shapeOf(object: ImageObject, hidden: boolean, locked: boolean): CanvasShape {
    const known = cache.get(object);
    if (known && known.hidden === hidden && known.locked === locked) return known;
    const shape: CanvasShape = {
      id: object.uuid,
      geometry: object.geometry,
      text: object.label === null ? '' : displayOf(params, object.label),
      colour: colourOf(object.label),
      hidden,
      locked,
    };
    cache.set(object, shape);
    return shape;
  }

  function colourOf(label: string | null): string {
    return label === null ? labelColour(7) : labelColour(labels.indexOf(label));
  }

  return {
    colourOf,
    shapes: (draft: ImageDraft, hidden: ReadonlySet<string>, isLocked: (object: ImageObject) => boolean) =>
      draft.objects.map((object) => shapeOf(object, hidden.has(object.uuid), isLocked(object))),
  };
}
