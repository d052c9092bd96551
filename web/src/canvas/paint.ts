/** Draws shapes. Lines keep their width on the screen whatever the zoom. */
import { EDGE_COLOUR, TEXT_BACKGROUND, TEXT_COLOUR } from './colours';
import { boundsOf, type Geometry, handlesOf } from './geometry/geometry';
import type { CanvasShape } from './shape';
import { toStage, type Viewport } from './viewport';

const LINE_PX = 2;
const EDGE_PX = 4;
const POINT_RADIUS_PX = 5;
const HANDLE_PX = 8;
/** With more shapes in view, lines are drawn without their dark edge. */
const EDGES_MAX = 400;
/** With more shapes in view their texts would cover the picture. */
const TEXTS_MAX = 150;
const TEXT_MIN_SIDE_PX = 24;

export interface PaintTarget {
  context: CanvasRenderingContext2D;
  viewport: Viewport;
  pixelRatio: number;
}

/** From here on coordinates are picture pixels. */
export function setPictureCoordinates({ context, viewport, pixelRatio }: PaintTarget): void {
  const scale = viewport.scale * pixelRatio;
  context.setTransform(scale, 0, 0, scale, viewport.offsetX * pixelRatio, viewport.offsetY * pixelRatio);
}

/** From here on coordinates are stage pixels. */
export function setStageCoordinates({ context, pixelRatio }: PaintTarget): void {
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
}

function trace(context: CanvasRenderingContext2D, geometry: Geometry, scale: number): void {
  switch (geometry.type) {
    case 'box':
      context.rect(geometry.left, geometry.top, geometry.width, geometry.height);
      return;
    case 'point': {
      const radius = POINT_RADIUS_PX / scale;
      context.moveTo(geometry.x + radius, geometry.y);
      context.arc(geometry.x, geometry.y, radius, 0, 2 * Math.PI);
      return;
    }
    case 'polygon':
    case 'line': {
      const [first, ...rest] = geometry.vertices;
      if (!first) return;
      context.moveTo(first.x, first.y);
      for (const { x, y } of rest) context.lineTo(x, y);
      if (geometry.type === 'polygon') context.closePath();
      return;
    }
  }
}

/** All given shapes; those of one colour in one go, since thousands of strokes would be slow. */
export function paintShapes(target: PaintTarget, shapes: CanvasShape[]): void {
  const { context, viewport } = target;
  const byColour = new Map<string, CanvasShape[]>();
  for (const shape of shapes) {
    if (tooSmallToSee(shape.geometry, viewport.scale)) continue;
    const same = byColour.get(shape.colour);
    if (same) same.push(shape);
    else byColour.set(shape.colour, [shape]);
  }
  setPictureCoordinates(target);
  const withEdges = shapes.length <= EDGES_MAX;
  context.lineJoin = 'bevel';
  for (const [colour, same] of byColour) {
    const filled = same.filter(({ geometry }) => geometry.type === 'polygon' || geometry.type === 'box');
    context.beginPath();
    for (const { geometry } of filled) trace(context, geometry, viewport.scale);
    context.globalAlpha = 0.14;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
    context.beginPath();
    for (const { geometry } of same) trace(context, geometry, viewport.scale);
    strokeLines(context, colour, viewport.scale, withEdges);
  }
  paintTexts(target, shapes);
}

function strokeLines(
  context: CanvasRenderingContext2D,
  colour: string,
  scale: number,
  withEdges: boolean,
): void {
  if (withEdges) {
    context.lineWidth = EDGE_PX / scale;
    context.strokeStyle = EDGE_COLOUR;
    context.stroke();
  }
  context.lineWidth = LINE_PX / scale;
  context.strokeStyle = colour;
  context.stroke();
}

function tooSmallToSee(geometry: Geometry, scale: number): boolean {
  if (geometry.type === 'point') return false;
  const { left, top, right, bottom } = boundsOf(geometry);
  return Math.max(right - left, bottom - top) * scale < 1;
}

function paintTexts(target: PaintTarget, shapes: CanvasShape[]): void {
  if (shapes.length > TEXTS_MAX) return;
  const { context, viewport } = target;
  setStageCoordinates(target);
  context.font = '12px system-ui, sans-serif';
  context.textBaseline = 'middle';
  for (const { geometry, text } of shapes) {
    const { left, top, right, bottom } = boundsOf(geometry);
    const side = Math.max(right - left, bottom - top) * viewport.scale;
    if (text === '' || (geometry.type !== 'point' && side < TEXT_MIN_SIDE_PX)) continue;
    const at = toStage(viewport, { x: left, y: top });
    const width = context.measureText(text).width + 8;
    const y = geometry.type === 'point' ? at.y - 22 : at.y - 18;
    context.fillStyle = TEXT_BACKGROUND;
    context.fillRect(at.x, y, width, 16);
    context.fillStyle = TEXT_COLOUR;
    context.fillText(text, at.x + 4, y + 8);
  }
}

/** The shape that is being worked on, with its handles unless it is locked. */
export function paintActive(target: PaintTarget, shape: CanvasShape, withHandles: boolean): void {
  const { context, viewport } = target;
  setPictureCoordinates(target);
  context.beginPath();
  trace(context, shape.geometry, viewport.scale);
  if (shape.geometry.type === 'polygon' || shape.geometry.type === 'box') {
    context.globalAlpha = 0.24;
    context.fillStyle = shape.colour;
    context.fill();
    context.globalAlpha = 1;
  }
  strokeLines(context, shape.colour, viewport.scale, true);
  paintTexts(target, [shape]);
  if (!withHandles) return;
  setStageCoordinates(target);
  for (const { at } of handlesOf(shape.geometry)) {
    const { x, y } = toStage(viewport, at);
    context.fillStyle = TEXT_COLOUR;
    context.strokeStyle = EDGE_COLOUR;
    context.lineWidth = 1.5;
    context.beginPath();
    context.rect(x - HANDLE_PX / 2, y - HANDLE_PX / 2, HANDLE_PX, HANDLE_PX);
    context.fill();
    context.stroke();
  }
}
