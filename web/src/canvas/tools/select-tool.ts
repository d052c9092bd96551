import { clampPoint } from '../geometry/area';
import {
  dragHandle,
  type Geometry,
  type Handle,
  handlesOf,
  insertVertex,
  type Line,
  move,
  type Polygon,
  removeVertex,
  type SettleOptions,
  settle,
} from '../geometry/geometry';
import { nearestEdge } from '../geometry/path';
import { distance, type Point } from '../geometry/point';
import { DRAG_THRESHOLD_PX, HANDLE_REACH_PX, type ToolEvent } from './tool';

/** Press to select, drag to move, drag a handle to change. On an edge of the selected shape a new vertex begins. */
export type SelectState =
  | { name: 'idle' }
  | { name: 'pressed'; id: string; original: Geometry; from: Point; pressedAt: Point }
  | { name: 'moving'; id: string; original: Geometry; from: Point }
  | { name: 'handle'; id: string; original: Geometry; part: Handle['part']; moved: boolean }
  | { name: 'panning'; at: Point };

export interface Selectable {
  id: string;
  geometry: Geometry;
  /** Shapes that may be looked at but not changed. */
  locked: boolean;
}

export interface SelectContext {
  scale: number;
  selected: Selectable | null;
  /** What lies under a point, the topmost first. */
  at: (point: Point) => Selectable[];
  settleOptions: (id: string) => SettleOptions;
}

export type SelectEffect =
  | { type: 'select'; id: string | null }
  | { type: 'change'; id: string; geometry: Geometry }
  | { type: 'pan'; dx: number; dy: number };

export interface SelectStep {
  state: SelectState;
  preview: { id: string; geometry: Geometry } | null;
  effects: SelectEffect[];
}

const IDLE: SelectStep = { state: { name: 'idle' }, preview: null, effects: [] };

export const SELECT_START: SelectState = { name: 'idle' };

export function selectStep(state: SelectState, event: ToolEvent, context: SelectContext): SelectStep {
  if (event.type === 'escape') {
    return state.name === 'idle' ? { ...IDLE, effects: [{ type: 'select', id: null }] } : IDLE;
  }
  if (event.type === 'enter' || event.type === 'backspace') return { state, preview: null, effects: [] };
  switch (state.name) {
    case 'idle':
      return event.type === 'down' ? press(event.point, event.stage, event.alt, context) : IDLE;
    case 'pressed':
      if (event.type === 'up') return IDLE;
      if (distance(event.stage, state.pressedAt) < DRAG_THRESHOLD_PX)
        return { state, preview: null, effects: [] };
      return drag(
        { name: 'moving', id: state.id, original: state.original, from: state.from },
        event,
        context,
      );
    case 'moving':
      return drag(state, event, context);
    case 'handle': {
      const options = context.settleOptions(state.id);
      const geometry = settle(
        dragHandle(state.original, state.part, clampPoint(event.point, options.area)),
        options,
      );
      if (event.type === 'up') {
        return state.moved ? { ...IDLE, effects: [{ type: 'change', id: state.id, geometry }] } : IDLE;
      }
      return { state: { ...state, moved: true }, preview: { id: state.id, geometry }, effects: [] };
    }
    case 'panning':
      if (event.type === 'up') return IDLE;
      return {
        state: { name: 'panning', at: event.stage },
        preview: null,
        effects: [{ type: 'pan', dx: event.stage.x - state.at.x, dy: event.stage.y - state.at.y }],
      };
  }
}

function drag(
  state: Extract<SelectState, { name: 'moving' }>,
  event: Extract<ToolEvent, { point: Point }>,
  context: SelectContext,
): SelectStep {
  const geometry = move(
    state.original,
    event.point.x - state.from.x,
    event.point.y - state.from.y,
    context.settleOptions(state.id),
  );
  if (event.type === 'up') return { ...IDLE, effects: [{ type: 'change', id: state.id, geometry }] };
  return { state, preview: { id: state.id, geometry }, effects: [] };
}

function press(point: Point, stage: Point, alt: boolean, context: SelectContext): SelectStep {
  const { selected, scale } = context;
  const reach = HANDLE_REACH_PX / scale;
  if (selected && !selected.locked) {
    const { geometry, id } = selected;
    const handle = nearestHandle(handlesOf(geometry), point, reach);
    if (handle) {
      if (
        alt &&
        (geometry.type === 'polygon' || geometry.type === 'line') &&
        typeof handle.part === 'number'
      ) {
        const fewer = removeVertex(geometry, handle.part);
        return { ...IDLE, effects: fewer === geometry ? [] : [{ type: 'change', id, geometry: fewer }] };
      }
      return {
        state: { name: 'handle', id, original: geometry, part: handle.part, moved: false },
        preview: null,
        effects: [],
      };
    }
    if (!alt && (geometry.type === 'polygon' || geometry.type === 'line')) {
      const edge = nearestEdge(point, geometry.vertices, geometry.type === 'polygon');
      if (edge.distance <= reach / 2) return newVertex(id, geometry, edge.fromVertex, edge.at);
    }
  }
  const below = context.at(point);
  const hit = alt ? nextBelow(below, selected) : (below.find(({ id }) => id === selected?.id) ?? below[0]);
  if (!hit) {
    return {
      state: { name: 'panning', at: stage },
      preview: null,
      effects: selected ? [{ type: 'select', id: null }] : [],
    };
  }
  const effects: SelectEffect[] = hit.id === selected?.id ? [] : [{ type: 'select', id: hit.id }];
  if (hit.locked) return { ...IDLE, effects };
  return {
    state: { name: 'pressed', id: hit.id, original: hit.geometry, from: point, pressedAt: stage },
    preview: null,
    effects,
  };
}

function newVertex(id: string, geometry: Polygon | Line, afterVertex: number, at: Point): SelectStep {
  const more = insertVertex(geometry, afterVertex, at);
  return {
    // Letting go at once keeps the new vertex where it was pressed.
    state: { name: 'handle', id, original: more, part: afterVertex + 1, moved: true },
    preview: { id, geometry: more },
    effects: [],
  };
}

function nearestHandle(handles: Handle[], point: Point, reach: number): Handle | null {
  let nearest: Handle | null = null;
  let best = reach;
  for (const handle of handles) {
    const away = distance(handle.at, point);
    if (away <= best) {
      best = away;
      nearest = handle;
    }
  }
  return nearest;
}

/** Goes through what lies on top of each other, in turn. */
function nextBelow(below: Selectable[], selected: Selectable | null): Selectable | undefined {
  const index = below.findIndex(({ id }) => id === selected?.id);
  return below[(index + 1) % Math.max(1, below.length)];
}
