import { clampPoint } from '../geometry/area';
import type { DrawTool } from './tool';

/** One press, one point. */
export const pointTool: DrawTool<null> = {
  start: null,
  step(_state, event, { area }) {
    if (event.type !== 'down') return { state: null, preview: null, drawn: null };
    return { state: null, preview: null, drawn: { type: 'point', ...clampPoint(event.point, area) } };
  },
};
