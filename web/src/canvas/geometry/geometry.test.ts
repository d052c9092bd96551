import { describe, expect, it } from 'vitest';
import { allowedArea } from './area';
import {
  type Box,
  boxFromCorners,
  clipToArea,
  dragHandle,
  insertVertex,
  move,
  type Polygon,
  removeVertex,
  settle,
} from './geometry';
import { crossesItself, mergeNeighbours } from './path';
import { roundCoordinate, roundEdge } from './rounding';

const area = allowedArea(800, 600, 0, 0);
const options = { area, integerPixels: false };
const whole = { area, integerPixels: true };

describe('rounding', () => {
  it.each([
    [1.005, 1.01],
    [-1.005, -1.01],
    [2.675, 2.68],
    [12.344, 12.34],
    [0.1 + 0.2, 0.3],
    [1e-9, 0],
    [799.999, 800],
  ])('gives coordinate %d two decimals, half away from zero: %d', (value, rounded) => {
    expect(roundCoordinate(value)).toBe(rounded);
  });

  it('never gives minus zero', () => {
    expect(Object.is(roundCoordinate(-0.001), 0)).toBe(true);
    expect(Object.is(roundEdge(-0.2), 0)).toBe(true);
  });

  it.each([
    [0.5, 1],
    [1.5, 2],
    [-0.5, 0],
    [-1.5, -1],
    [2.49, 2],
  ])('rounds edge %d half up: %d', (value, rounded) => {
    expect(roundEdge(value)).toBe(rounded);
  });
});

describe('boxes', () => {
  it('W24 are clamped at the border of the picture', () => {
    expect(settle(boxFromCorners({ x: -20, y: 10 }, { x: 900, y: 700 }), options)).toEqual({
      type: 'box',
      left: 0,
      top: 10,
      width: 800,
      height: 590,
    });
  });

  it('W24 may lie beyond the border where padding allows', () => {
    const padded = { area: allowedArea(800, 600, 30, 5), integerPixels: false };
    expect(settle(boxFromCorners({ x: -20, y: -20 }, { x: 10, y: 10 }), padded)).toEqual({
      type: 'box',
      left: -20,
      top: -5,
      width: 30,
      height: 15,
    });
  });

  it('W25 integer_pixels rounds the four edges, so that adjoining boxes stay adjoining', () => {
    for (let edge = 100; edge < 102; edge += 0.07) {
      const left = settle(boxFromCorners({ x: 10.3, y: 5.5 }, { x: edge, y: 50.4 }), whole) as Box;
      const right = settle(boxFromCorners({ x: edge, y: 5.5 }, { x: 200.6, y: 50.4 }), whole) as Box;
      expect(left.left + left.width).toBe(right.left);
      for (const value of [left.left, left.top, left.width, left.height]) expect(value % 1).toBe(0);
    }
  });

  it('W22 keep their exact size when moved there and back', () => {
    const box: Box = { type: 'box', left: 10.1, top: 20.2, width: 33.33, height: 44.44 };
    let moved = move(box, 7.77, -3.33, options);
    moved = move(moved, -7.77, 3.33, options);
    expect(moved).toEqual(box);
  });

  it('stop at the border when moved, instead of being deformed', () => {
    const box: Box = { type: 'box', left: 700, top: 10, width: 90, height: 20 };
    expect(move(box, 50, -50, options)).toEqual({ type: 'box', left: 710, top: 0, width: 90, height: 20 });
  });

  it('can be turned over by dragging an edge past the other', () => {
    const box: Box = { type: 'box', left: 10, top: 10, width: 20, height: 20 };
    expect(dragHandle(box, { x: 'left', y: null }, { x: 50, y: 0 })).toEqual({
      type: 'box',
      left: 30,
      top: 10,
      width: 20,
      height: 20,
    });
  });
});

describe('paths', () => {
  it('merge neighbours nearer than 0.01 and hold no closing duplicate', () => {
    const vertices = [
      { x: 0, y: 0 },
      { x: 0.004, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 10 },
      { x: 0, y: 0 },
    ];
    expect(mergeNeighbours(vertices, true)).toEqual([
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 10 },
    ]);
    expect(mergeNeighbours(vertices, false)).toHaveLength(4);
  });

  it('keep the order of drawing', () => {
    const vertices = [
      { x: 100, y: 100 },
      { x: 0, y: 50 },
      { x: 50, y: 0 },
    ];
    expect(settle({ type: 'polygon', vertices }, options)).toEqual({ type: 'polygon', vertices });
  });

  it('of a first guess are cut at the border, and dropped when they lie outside', () => {
    const across: Polygon = {
      type: 'polygon',
      vertices: [
        { x: 790, y: 10 },
        { x: 820, y: 10 },
        { x: 820, y: 30 },
        { x: 790, y: 30 },
      ],
    };
    const clipped = clipToArea(across, options) as Polygon;
    expect(new Set(clipped.vertices.map(({ x, y }) => `${x} ${y}`))).toEqual(
      new Set(['790 10', '800 10', '800 30', '790 30']),
    );
    const outside: Polygon = {
      type: 'polygon',
      vertices: across.vertices.map(({ x, y }) => ({ x: x + 100, y })),
    };
    expect(clipToArea(outside, options)).toBeNull();
  });

  it('W27 gain a vertex on an edge and lose one, but not below the least number', () => {
    const line = {
      type: 'line' as const,
      vertices: [
        { x: 0, y: 0 },
        { x: 10, y: 0 },
      ],
    };
    const longer = insertVertex(line, 0, { x: 5, y: 1 });
    expect(longer.vertices.map(({ x }) => x)).toEqual([0, 5, 10]);
    expect(removeVertex(longer, 1)).toEqual(line);
    expect(removeVertex(line, 0)).toBe(line);
  });

  it('are told to cross themselves', () => {
    const [a, b, c, d] = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 10 },
      { x: 0, y: 10 },
    ];
    if (!a || !b || !c || !d) throw new Error('four corners');
    expect(crossesItself([a, b, c, d])).toBe(false);
    expect(crossesItself([a, c, b, d])).toBe(true);
  });
});
