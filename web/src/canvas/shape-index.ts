import RBush from 'rbush';
import type { Area } from './geometry/area';
import { boundsOf, hits } from './geometry/geometry';
import type { Point } from './geometry/point';
import type { CanvasShape } from './shape';

interface Entry {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
  shape: CanvasShape;
  /** Place in the list: later ones lie above. */
  order: number;
}

/** Finds shapes by where they lie, so that drawing and pressing cost what is in view and not what there is. */
export class ShapeIndex {
  private readonly tree = new RBush<Entry>();

  constructor(shapes: CanvasShape[]) {
    this.tree.load(
      shapes.flatMap((shape, order) => {
        if (shape.hidden) return [];
        const { left, top, right, bottom } = boundsOf(shape.geometry);
        return [{ minX: left, minY: top, maxX: right, maxY: bottom, shape, order }];
      }),
    );
  }

  /** Shapes that touch the area, the lowest first. */
  within({ left, top, right, bottom }: Area): CanvasShape[] {
    return this.tree
      .search({ minX: left, minY: top, maxX: right, maxY: bottom })
      .sort((a, b) => a.order - b.order)
      .map((entry) => entry.shape);
  }

  /** Shapes under a point, the topmost first. `reach` is in picture pixels. */
  at(point: Point, reach: number): CanvasShape[] {
    const around = {
      left: point.x - 2 * reach,
      top: point.y - 2 * reach,
      right: point.x + 2 * reach,
      bottom: point.y + 2 * reach,
    };
    return this.within(around)
      .filter((shape) => hits(shape.geometry, point, reach))
      .reverse();
  }
}
