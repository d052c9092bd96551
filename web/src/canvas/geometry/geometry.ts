/** The shapes that can be drawn, and what can be asked of each. Pure: no canvas, no tool, no task type. */
import { type Area, clampMove, clampPoint } from './area';
import { clipPolygon, insidePolygon, mergeNeighbours, nearestEdge } from './path';
import { distance, type Point } from './point';
import { roundCoordinate, roundEdge } from './rounding';

export interface Box {
  type: 'box';
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Polygon {
  type: 'polygon';
  vertices: Point[];
}

export interface Line {
  type: 'line';
  vertices: Point[];
}

export interface PointMark {
  type: 'point';
  x: number;
  y: number;
}

export type Geometry = Box | Polygon | Line | PointMark;
export type GeometryType = Geometry['type'];

export interface SettleOptions {
  area: Area;
  /** Boxes lie on whole pixels. */
  integerPixels: boolean;
}

export function boxFromCorners(a: Point, b: Point): Box {
  return {
    type: 'box',
    left: Math.min(a.x, b.x),
    top: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}

export function boundsOf(geometry: Geometry): Area {
  switch (geometry.type) {
    case 'box':
      return {
        left: geometry.left,
        top: geometry.top,
        right: geometry.left + geometry.width,
        bottom: geometry.top + geometry.height,
      };
    case 'point':
      return { left: geometry.x, top: geometry.y, right: geometry.x, bottom: geometry.y };
    case 'polygon':
    case 'line': {
      const area = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
      for (const { x, y } of geometry.vertices) {
        area.left = Math.min(area.left, x);
        area.top = Math.min(area.top, y);
        area.right = Math.max(area.right, x);
        area.bottom = Math.max(area.bottom, y);
      }
      return area;
    }
  }
}

/** The form in which a geometry is kept and sent: inside the area, rounded, without equal neighbours. */
export function settle(geometry: Geometry, { area, integerPixels }: SettleOptions): Geometry {
  switch (geometry.type) {
    case 'box': {
      const bounds = boundsOf(geometry);
      const round = integerPixels ? roundEdge : roundCoordinate;
      const corner = clampPoint({ x: bounds.left, y: bounds.top }, area);
      const opposite = clampPoint({ x: bounds.right, y: bounds.bottom }, area);
      const [left, top] = [round(corner.x), round(corner.y)];
      return {
        type: 'box',
        left,
        top,
        width: roundCoordinate(round(opposite.x) - left),
        height: roundCoordinate(round(opposite.y) - top),
      };
    }
    case 'point': {
      const { x, y } = clampPoint(geometry, area);
      return { type: 'point', x: roundCoordinate(x), y: roundCoordinate(y) };
    }
    case 'polygon':
    case 'line':
      return {
        type: geometry.type,
        vertices: mergeNeighbours(
          geometry.vertices.map((vertex) => roundPoint(clampPoint(vertex, area))),
          geometry.type === 'polygon',
        ),
      };
  }
}

function roundPoint({ x, y }: Point): Point {
  return { x: roundCoordinate(x), y: roundCoordinate(y) };
}

/** Cuts off what lies outside the area, as for a first guess that reaches over the edge; null if nothing is left. */
export function clipToArea(geometry: Geometry, options: SettleOptions): Geometry | null {
  switch (geometry.type) {
    case 'box': {
      const box = settle(geometry, options) as Box;
      return box.width > 0 && box.height > 0 ? box : null;
    }
    case 'point': {
      const { x, y } = clampPoint(geometry, options.area);
      return x === geometry.x && y === geometry.y ? settle(geometry, options) : null;
    }
    case 'polygon': {
      const vertices = clipPolygon(geometry.vertices, options.area);
      return vertices.length < 3 ? null : settle({ type: 'polygon', vertices }, options);
    }
    case 'line': {
      const line = settle(geometry, options) as Line;
      return line.vertices.length < 2 ? null : line;
    }
  }
}

/** Moves a geometry, stopping at the border of the area. */
export function move(geometry: Geometry, dx: number, dy: number, options: SettleOptions): Geometry {
  const step = clampMove(boundsOf(geometry), dx, dy, options.area);
  switch (geometry.type) {
    case 'box': {
      const moved = settle(
        { ...geometry, left: geometry.left + step.dx, top: geometry.top + step.dy },
        options,
      );
      // Rounding both edges could change the size by a hundredth, which a move must not.
      return options.integerPixels
        ? moved
        : { ...(moved as Box), width: geometry.width, height: geometry.height };
    }
    case 'point':
      return settle({ type: 'point', x: geometry.x + step.dx, y: geometry.y + step.dy }, options);
    case 'polygon':
    case 'line': {
      const vertices = geometry.vertices.map(({ x, y }) => ({ x: x + step.dx, y: y + step.dy }));
      return settle({ type: geometry.type, vertices }, options);
    }
  }
}

/** A point that can be dragged to change the geometry: a vertex, or one of a box's eight handles. */
export interface Handle {
  at: Point;
  /** Index of the vertex; for boxes which edges move along. */
  part: number | BoxHandle;
}

export interface BoxHandle {
  x: 'left' | 'right' | null;
  y: 'top' | 'bottom' | null;
}

export function handlesOf(geometry: Geometry): Handle[] {
  switch (geometry.type) {
    case 'box': {
      const { left, top, right, bottom } = boundsOf(geometry);
      const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
      return [
        { at: { x: left, y: top }, part: { x: 'left', y: 'top' } },
        { at: { x: right, y: top }, part: { x: 'right', y: 'top' } },
        { at: { x: right, y: bottom }, part: { x: 'right', y: 'bottom' } },
        { at: { x: left, y: bottom }, part: { x: 'left', y: 'bottom' } },
        { at: { x: middleX, y: top }, part: { x: null, y: 'top' } },
        { at: { x: right, y: middleY }, part: { x: 'right', y: null } },
        { at: { x: middleX, y: bottom }, part: { x: null, y: 'bottom' } },
        { at: { x: left, y: middleY }, part: { x: 'left', y: null } },
      ];
    }
    case 'point':
      return [{ at: geometry, part: 0 }];
    case 'polygon':
    case 'line':
      return geometry.vertices.map((at, part) => ({ at, part }));
  }
}

/** The geometry with one handle dragged to a place. Not yet settled. */
export function dragHandle(geometry: Geometry, part: Handle['part'], to: Point): Geometry {
  switch (geometry.type) {
    case 'box': {
      if (typeof part === 'number') return geometry;
      const { left, top, right, bottom } = boundsOf(geometry);
      return boxFromCorners(
        { x: part.x === 'left' ? to.x : left, y: part.y === 'top' ? to.y : top },
        { x: part.x === 'right' ? to.x : right, y: part.y === 'bottom' ? to.y : bottom },
      );
    }
    case 'point':
      return { type: 'point', x: to.x, y: to.y };
    case 'polygon':
    case 'line':
      return {
        type: geometry.type,
        vertices: geometry.vertices.map((vertex, i) => (i === part ? to : vertex)),
      };
  }
}

/** Adds a vertex on the edge after the given vertex. */
export function insertVertex(geometry: Polygon | Line, afterVertex: number, at: Point): Polygon | Line {
  return { type: geometry.type, vertices: geometry.vertices.toSpliced(afterVertex + 1, 0, at) };
}

/** Removes a vertex, unless too few would be left: three for a polygon, two for a line. */
export function removeVertex(geometry: Polygon | Line, vertex: number): Polygon | Line {
  const least = geometry.type === 'polygon' ? 3 : 2;
  if (geometry.vertices.length <= least) return geometry;
  return { type: geometry.type, vertices: geometry.vertices.toSpliced(vertex, 1) };
}

/** Whether a press hits the geometry. `reach` is how far beside an outline still counts, in picture pixels. */
export function hits(geometry: Geometry, point: Point, reach: number): boolean {
  switch (geometry.type) {
    case 'box': {
      const { left, top, right, bottom } = boundsOf(geometry);
      return (
        point.x >= left - reach &&
        point.x <= right + reach &&
        point.y >= top - reach &&
        point.y <= bottom + reach
      );
    }
    case 'point':
      return distance(point, geometry) <= reach * 2;
    case 'polygon':
      return (
        insidePolygon(point, geometry.vertices) ||
        nearestEdge(point, geometry.vertices, true).distance <= reach
      );
    case 'line':
      return nearestEdge(point, geometry.vertices, false).distance <= reach;
  }
}
