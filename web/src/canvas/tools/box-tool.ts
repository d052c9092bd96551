import { clampPoint } from '../geometry/area';
import { boxFromCorners } from '../geometry/geometry';
import { distance, type Point } from '../geometry/point';
import { DRAG_THRESHOLD_PX, type DrawStep, type DrawTool } from './tool';

/**
 * Drag from corner to corner; or, without dragging, click one corner and then the other. Escape lets go.
 */
export type BoxState =
  | { name: 'idle' }
  | { name: 'pressed'; corner: Point; pressedAt: Point }
  | { name: 'dragging'; corner: Point }
  | { name: 'second_click'; corner: Point };

const IDLE: DrawStep<BoxState> = { state: { name: 'idle' }, preview: null, drawn: null };

export const boxTool: DrawTool<BoxState> = {
  start: { name: 'idle' },
  step(state, event, { area }) {
    if (event.type === 'escape') return IDLE;
    if (event.type === 'enter' || event.type === 'backspace') return { state, preview: null, drawn: null };
    const point = clampPoint(event.point, area);
    switch (state.name) {
      case 'idle':
        if (event.type !== 'down') return IDLE;
        return {
          state: { name: 'pressed', corner: point, pressedAt: event.stage },
          preview: null,
          drawn: null,
        };
      case 'pressed':
        if (event.type === 'up') {
          return {
            state: { name: 'second_click', corner: state.corner },
            preview: boxFromCorners(state.corner, point),
            drawn: null,
          };
        }
        if (distance(event.stage, state.pressedAt) < DRAG_THRESHOLD_PX)
          return { state, preview: null, drawn: null };
        return {
          state: { name: 'dragging', corner: state.corner },
          preview: boxFromCorners(state.corner, point),
          drawn: null,
        };
      case 'dragging': {
        const box = boxFromCorners(state.corner, point);
        if (event.type === 'up') return { ...IDLE, drawn: box };
        return { state, preview: box, drawn: null };
      }
      case 'second_click': {
        const box = boxFromCorners(state.corner, point);
        // The second press of a double click lies on the first corner and would close a box of no size.
        const empty = box.width === 0 || box.height === 0;
        if (event.type === 'down' && !empty) return { ...IDLE, drawn: box };
        return { state, preview: box, drawn: null };
      }
    }
  },
};
