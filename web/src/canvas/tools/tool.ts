/**
 * A drawing tool is a small state machine: events in, next state out, with what to show meanwhile and what was drawn.
 * It owns no canvas and knows no React, so tests drive it directly.
 */
import type { Area } from '../geometry/area';
import type { Geometry } from '../geometry/geometry';
import type { Point } from '../geometry/point';

export interface PointerEventAt {
  type: 'down' | 'move' | 'up';
  /** In picture pixels, inside or outside the allowed area. */
  point: Point;
  /** In stage pixels, for distances that the hand feels. */
  stage: Point;
  alt: boolean;
  /** How many presses in quick succession this one completes. */
  clicks: number;
}

export type ToolKey = 'enter' | 'escape' | 'backspace';

export type ToolEvent = PointerEventAt | { type: 'enter' } | { type: 'escape' } | { type: 'backspace' };

export interface DrawContext {
  area: Area;
  /** Stage pixels per picture pixel. */
  scale: number;
}

export interface DrawStep<State> {
  state: State;
  /** What is being drawn, to be shown; null when nothing is. */
  preview: Geometry | null;
  /** A finished drawing. Not yet settled. */
  drawn: Geometry | null;
}

export interface DrawTool<State> {
  start: State;
  step: (state: State, event: ToolEvent, context: DrawContext) => DrawStep<State>;
}

/** A press that moves less than this is a click, in stage pixels. */
export const DRAG_THRESHOLD_PX = 3;
/** How near to a handle a press must be, in stage pixels from its middle. */
export const HANDLE_REACH_PX = 12;
