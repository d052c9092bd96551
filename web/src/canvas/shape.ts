import type { Geometry } from './geometry/geometry';

/** A shape as the canvas draws it. Which task type it belongs to, it does not know. */
export interface CanvasShape {
  id: string;
  geometry: Geometry;
  /** Stands beside the shape. */
  text: string;
  colour: string;
  hidden: boolean;
  locked: boolean;
}
