import type { Point } from './point';

/** A rectangle given by its edges. */
export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Where objects may lie: the picture, widened by the padding that the customer allows. */
export function allowedArea(widthPx: number, heightPx: number, paddingX: number, paddingY: number): Area {
  return { left: -paddingX, top: -paddingY, right: widthPx + paddingX, bottom: heightPx + paddingY };
}

export function clampPoint(point: Point, area: Area): Point {
  return {
    x: Math.min(area.right, Math.max(area.left, point.x)),
    y: Math.min(area.bottom, Math.max(area.top, point.y)),
  };
}

/** Shortens a move so that what is moved stops at the border instead of being deformed. */
export function clampMove(bounds: Area, dx: number, dy: number, area: Area): { dx: number; dy: number } {
  return {
    dx: clampBetween(dx, area.left - bounds.left, area.right - bounds.right),
    dy: clampBetween(dy, area.top - bounds.top, area.bottom - bounds.bottom),
  };
}

/** What is larger than the area, or lies outside of it already, does not move further out. */
function clampBetween(value: number, least: number, most: number): number {
  if (least > 0 || most < 0) return Math.min(Math.max(value, Math.min(least, 0)), Math.max(most, 0));
  return Math.min(most, Math.max(least, value));
}

export function overlaps(a: Area, b: Area): boolean {
  return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
}
