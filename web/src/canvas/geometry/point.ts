/** A place in the picture: pixels from its top left corner, x to the right, y down. Pixel i covers [i, i + 1). */
export interface Point {
  x: number;
  y: number;
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** Distance of a point from the segment between two others, and the place on the segment that is nearest. */
export function nearestOnSegment(point: Point, from: Point, to: Point): { distance: number; at: Point } {
  const lengthX = to.x - from.x;
  const lengthY = to.y - from.y;
  const squared = lengthX * lengthX + lengthY * lengthY;
  const share =
    squared === 0
      ? 0
      : Math.min(1, Math.max(0, ((point.x - from.x) * lengthX + (point.y - from.y) * lengthY) / squared));
  const at = { x: from.x + share * lengthX, y: from.y + share * lengthY };
  return { distance: distance(point, at), at };
}
