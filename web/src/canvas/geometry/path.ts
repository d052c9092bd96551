/** Lists of vertices: closed for polygons, open for lines. */
import type { Area } from './area';
import { distance, nearestOnSegment, type Point } from './point';

/** Vertices nearer to each other than this are one, in picture pixels. */
export const SAME_PLACE_PX = 0.01;

/** Equal neighbours become one; a polygon's end does not repeat its start. */
export function mergeNeighbours(vertices: Point[], closed: boolean): Point[] {
  const merged: Point[] = [];
  for (const vertex of vertices) {
    const last = merged.at(-1);
    if (!last || distance(last, vertex) >= SAME_PLACE_PX) merged.push(vertex);
  }
  while (closed && merged.length > 1) {
    const [first, last] = [merged[0], merged.at(-1)];
    if (!first || !last || distance(first, last) >= SAME_PLACE_PX) break;
    merged.pop();
  }
  return merged;
}

export function insidePolygon(point: Point, vertices: Point[]): boolean {
  let inside = false;
  let previous = vertices.at(-1);
  for (const vertex of vertices) {
    if (
      previous &&
      vertex.y > point.y !== previous.y > point.y &&
      point.x < ((previous.x - vertex.x) * (point.y - vertex.y)) / (previous.y - vertex.y) + vertex.x
    ) {
      inside = !inside;
    }
    previous = vertex;
  }
  return inside;
}

/** The edge nearest to a point, named by the vertex it starts from. */
export function nearestEdge(
  point: Point,
  vertices: Point[],
  closed: boolean,
): { fromVertex: number; distance: number; at: Point } {
  let nearest = { fromVertex: 0, distance: Infinity, at: point };
  const edges = closed ? vertices.length : vertices.length - 1;
  for (let from = 0; from < edges; from++) {
    const [start, end] = [vertices[from], vertices[(from + 1) % vertices.length]];
    if (!start || !end) continue;
    const found = nearestOnSegment(point, start, end);
    if (found.distance < nearest.distance) nearest = { fromVertex: from, ...found };
  }
  return nearest;
}

/** The part of a polygon inside the area (Sutherland and Hodgman). */
export function clipPolygon(vertices: Point[], area: Area): Point[] {
  const sides: { inside: (p: Point) => boolean; cut: (a: Point, b: Point) => Point }[] = [
    { inside: (p) => p.x >= area.left, cut: (a, b) => cutAtX(a, b, area.left) },
    { inside: (p) => p.x <= area.right, cut: (a, b) => cutAtX(a, b, area.right) },
    { inside: (p) => p.y >= area.top, cut: (a, b) => cutAtY(a, b, area.top) },
    { inside: (p) => p.y <= area.bottom, cut: (a, b) => cutAtY(a, b, area.bottom) },
  ];
  let clipped = vertices;
  for (const { inside, cut } of sides) {
    const next: Point[] = [];
    let previous = clipped.at(-1);
    for (const vertex of clipped) {
      if (previous && inside(vertex) !== inside(previous)) next.push(cut(previous, vertex));
      if (inside(vertex)) next.push(vertex);
      previous = vertex;
    }
    clipped = next;
  }
  return clipped;
}

function cutAtX(a: Point, b: Point, x: number): Point {
  return { x, y: a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x) };
}

function cutAtY(a: Point, b: Point, y: number): Point {
  return { x: a.x + ((b.x - a.x) * (y - a.y)) / (b.y - a.y), y };
}

/** Whether a polygon's outline crosses itself. */
export function crossesItself(vertices: Point[]): boolean {
  const n = vertices.length;
  for (let i = 0; i < n; i++) {
    for (let j = i + 2; j < n; j++) {
      // The last edge ends where the first begins.
      if (i === 0 && j === n - 1) continue;
      const [a, b, c, d] = [vertices[i], vertices[(i + 1) % n], vertices[j], vertices[(j + 1) % n]];
      if (a && b && c && d && segmentsCross(a, b, c, d)) return true;
    }
  }
  return false;
}

function segmentsCross(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point) =>
    Math.sign((q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x));
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}
