import { clampPoint } from '../geometry/area';
import type { Geometry } from '../geometry/geometry';
import { SAME_PLACE_PX } from '../geometry/path';
import { distance, type Point } from '../geometry/point';
import { type DrawStep, type DrawTool, HANDLE_REACH_PX } from './tool';

/**
 * Click vertex after vertex. A polygon closes on its first vertex; both end by Enter or a double click. Backspace drops
 * the last vertex, Escape all.
 */
export type PathState = { name: 'idle' } | { name: 'drawing'; vertices: Point[] };

const IDLE: DrawStep<PathState> = { state: { name: 'idle' }, preview: null, drawn: null };

function pathTool(type: 'polygon' | 'line'): DrawTool<PathState> {
  const least = type === 'polygon' ? 3 : 2;
  const shape = (vertices: Point[]): Geometry => ({ type, vertices });

  /** While it is drawn, a polygon is shown open, with the pointer as its next vertex. */
  const drawing = (vertices: Point[], pointer: Point | null): DrawStep<PathState> => ({
    state: { name: 'drawing', vertices },
    preview: { type: 'line', vertices: pointer ? [...vertices, pointer] : vertices },
    drawn: null,
  });

  const finish = (vertices: Point[]): DrawStep<PathState> =>
    vertices.length >= least ? { ...IDLE, drawn: shape(vertices) } : drawing(vertices, null);

  return {
    start: { name: 'idle' },
    step(state, event, { area, scale }) {
      switch (event.type) {
        case 'escape':
          return IDLE;
        case 'enter':
          return state.name === 'idle' ? IDLE : finish(state.vertices);
        case 'backspace': {
          if (state.name === 'idle' || state.vertices.length <= 1) return IDLE;
          return drawing(state.vertices.slice(0, -1), null);
        }
        case 'move':
          return state.name === 'idle' ? IDLE : drawing(state.vertices, clampPoint(event.point, area));
        case 'up':
          return state.name === 'idle' ? IDLE : drawing(state.vertices, null);
        case 'down': {
          const point = clampPoint(event.point, area);
          if (state.name === 'idle') return drawing([point], null);
          const { vertices } = state;
          const [first, last] = [vertices[0], vertices.at(-1)];
          const near = (vertex: Point | undefined) =>
            vertex !== undefined && distance(vertex, point) * scale <= HANDLE_REACH_PX;
          if (type === 'polygon' && vertices.length >= least && near(first)) return finish(vertices);
          if (event.clicks >= 2 && near(last)) return finish(vertices);
          if (last && distance(last, point) < SAME_PLACE_PX) return drawing(vertices, null);
          return drawing([...vertices, point], null);
        }
      }
    },
  };
}

export const polygonTool = pathTool('polygon');
export const lineTool = pathTool('line');
