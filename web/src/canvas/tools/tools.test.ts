import { describe, expect, it } from 'vitest';
import type { Geometry } from '../geometry/geometry';
import { boxTool } from './box-tool';
import { lineTool, polygonTool } from './path-tool';
import { pointTool } from './point-tool';
import {
  SELECT_START,
  type Selectable,
  type SelectEffect,
  type SelectState,
  selectStep,
} from './select-tool';
import type { DrawTool, ToolEvent } from './tool';

const area = { left: 0, top: 0, right: 800, bottom: 600 };

/** Plays a pointer on a stage where one picture pixel is one stage pixel. */
function hand<State>(tool: DrawTool<State>) {
  let state = tool.start;
  let preview: Geometry | null = null;
  const drawn: Geometry[] = [];
  function send(event: ToolEvent) {
    const step = tool.step(state, event, { area, scale: 1 });
    state = step.state;
    preview = step.preview;
    if (step.drawn) drawn.push(step.drawn);
  }
  const at = (type: 'down' | 'move' | 'up', x: number, y: number, clicks = 1) =>
    send({ type, point: { x, y }, stage: { x, y }, alt: false, clicks });
  return {
    down: (x: number, y: number, clicks?: number) => at('down', x, y, clicks),
    move: (x: number, y: number) => at('move', x, y),
    up: (x: number, y: number) => at('up', x, y),
    click(x: number, y: number, clicks?: number) {
      at('down', x, y, clicks);
      at('up', x, y, clicks);
    },
    key: (type: 'enter' | 'escape' | 'backspace') => send({ type }),
    drawn,
    preview: () => preview,
  };
}

describe('box tool', () => {
  it('draws by dragging', () => {
    const pointer = hand(boxTool);
    pointer.down(10, 20);
    pointer.move(60, 90);
    expect(pointer.preview()).toEqual({ type: 'box', left: 10, top: 20, width: 50, height: 70 });
    pointer.up(70, 100);
    expect(pointer.drawn).toEqual([{ type: 'box', left: 10, top: 20, width: 60, height: 80 }]);
  });

  it('draws by two clicks, without dragging', () => {
    const pointer = hand(boxTool);
    pointer.click(10, 20);
    pointer.move(40, 40);
    pointer.click(110, 220);
    expect(pointer.drawn).toEqual([{ type: 'box', left: 10, top: 20, width: 100, height: 200 }]);
  });

  it('takes a press that trembles below 3 px for a click', () => {
    const pointer = hand(boxTool);
    pointer.down(10, 20);
    pointer.move(12, 21);
    pointer.up(12, 21);
    expect(pointer.drawn).toEqual([]);
  });

  it('is not closed by the second press of a double click', () => {
    const pointer = hand(boxTool);
    pointer.click(10, 20);
    pointer.click(10, 20, 2);
    expect(pointer.drawn).toEqual([]);
    pointer.click(50, 60);
    expect(pointer.drawn).toHaveLength(1);
  });

  it('lets go at Escape', () => {
    const pointer = hand(boxTool);
    pointer.down(10, 20);
    pointer.move(60, 90);
    pointer.key('escape');
    pointer.up(60, 90);
    expect(pointer.drawn).toEqual([]);
    expect(pointer.preview()).toBeNull();
  });

  it('stays within the allowed area', () => {
    const pointer = hand(boxTool);
    pointer.down(700, 500);
    pointer.move(900, 900);
    pointer.up(900, 900);
    expect(pointer.drawn).toEqual([{ type: 'box', left: 700, top: 500, width: 100, height: 100 }]);
  });
});

describe('polygon and line tools', () => {
  it('W27 a polygon by clicks only is closed by Enter', () => {
    const pointer = hand(polygonTool);
    pointer.click(0, 0);
    pointer.click(100, 0);
    pointer.key('enter');
    expect(pointer.drawn).toEqual([]);
    pointer.click(100, 100);
    pointer.key('enter');
    expect(pointer.drawn).toEqual([
      {
        type: 'polygon',
        vertices: [
          { x: 0, y: 0 },
          { x: 100, y: 0 },
          { x: 100, y: 100 },
        ],
      },
    ]);
  });

  it('a polygon closes on its first vertex', () => {
    const pointer = hand(polygonTool);
    pointer.click(0, 0);
    pointer.click(100, 0);
    pointer.click(100, 100);
    pointer.click(5, 5);
    expect(pointer.drawn).toHaveLength(1);
    expect((pointer.drawn[0] as { vertices: unknown[] }).vertices).toHaveLength(3);
  });

  it('Backspace drops the last vertex, Escape all', () => {
    const pointer = hand(lineTool);
    pointer.click(0, 0);
    pointer.click(100, 0);
    pointer.click(200, 200);
    pointer.key('backspace');
    pointer.key('enter');
    expect(pointer.drawn).toEqual([
      {
        type: 'line',
        vertices: [
          { x: 0, y: 0 },
          { x: 100, y: 0 },
        ],
      },
    ]);
    pointer.click(5, 5);
    pointer.key('escape');
    expect(pointer.preview()).toBeNull();
  });

  it('a double click ends a line', () => {
    const pointer = hand(lineTool);
    pointer.click(0, 0);
    pointer.click(100, 0);
    pointer.click(100, 1, 2);
    expect(pointer.drawn).toHaveLength(1);
    expect((pointer.drawn[0] as { vertices: unknown[] }).vertices).toHaveLength(2);
  });
});

it('the point tool draws one point a press', () => {
  const pointer = hand(pointTool);
  pointer.click(3, 4);
  pointer.click(5, 6);
  expect(pointer.drawn).toEqual([
    { type: 'point', x: 3, y: 4 },
    { type: 'point', x: 5, y: 6 },
  ]);
});

describe('select tool', () => {
  const outer: Selectable = {
    id: 'outer',
    geometry: { type: 'box', left: 0, top: 0, width: 200, height: 200 },
    locked: false,
  };
  const inner: Selectable = {
    id: 'inner',
    geometry: { type: 'box', left: 50, top: 50, width: 50, height: 50 },
    locked: false,
  };

  function play(shapes: Selectable[], selectedId: string | null) {
    let state: SelectState = SELECT_START;
    let selected = selectedId;
    const effects: SelectEffect[] = [];
    const at = (type: 'down' | 'move' | 'up', x: number, y: number, alt = false) => {
      const step = selectStep(
        state,
        { type, point: { x, y }, stage: { x, y }, alt, clicks: 1 },
        {
          scale: 1,
          selected: shapes.find(({ id }) => id === selected) ?? null,
          at: ({ x: px, y: py }) =>
            shapes.toReversed().filter(({ geometry }) => {
              if (geometry.type !== 'box') return true;
              const { left, top, width, height } = geometry;
              return px >= left && px <= left + width && py >= top && py <= top + height;
            }),
          settleOptions: () => ({ area, integerPixels: false }),
        },
      );
      state = step.state;
      for (const effect of step.effects) {
        if (effect.type === 'select') selected = effect.id;
        effects.push(effect);
      }
    };
    return { at, effects };
  }

  it('selects the topmost, and with Alt goes through what lies below', () => {
    const { at, effects } = play([outer, inner], null);
    at('down', 75, 75);
    at('up', 75, 75);
    at('down', 75, 75, true);
    expect(effects).toEqual([
      { type: 'select', id: 'inner' },
      { type: 'select', id: 'outer' },
    ]);
  });

  it('moves by dragging, but not by a click', () => {
    const { at, effects } = play([inner], 'inner');
    at('down', 75, 75);
    at('up', 76, 76);
    expect(effects).toEqual([]);
    at('down', 75, 75);
    at('move', 85, 95);
    at('up', 85, 95);
    expect(effects).toEqual([
      { type: 'change', id: 'inner', geometry: { type: 'box', left: 60, top: 70, width: 50, height: 50 } },
    ]);
  });

  it('resizes at a handle, which may be hit 12 px beside its middle', () => {
    const { at, effects } = play([inner], 'inner');
    at('down', 108, 100);
    at('move', 150, 160);
    at('up', 150, 160);
    expect(effects).toEqual([
      { type: 'change', id: 'inner', geometry: { type: 'box', left: 50, top: 50, width: 100, height: 110 } },
    ]);
  });

  it('W27 adds a vertex on an edge and removes one with Alt', () => {
    const triangle: Selectable = {
      id: 'triangle',
      geometry: {
        type: 'polygon',
        vertices: [
          { x: 0, y: 0 },
          { x: 100, y: 0 },
          { x: 0, y: 100 },
          { x: 0, y: 50 },
        ],
      },
      locked: false,
    };
    const { at, effects } = play([triangle], 'triangle');
    at('down', 50, 0);
    at('move', 50, 10);
    at('up', 50, 10);
    const change = effects[0];
    if (change?.type !== 'change' || change.geometry.type !== 'polygon') throw new Error('a changed polygon');
    expect(change.geometry.vertices[1]).toEqual({ x: 50, y: 10 });
    at('down', 0, 50, true);
    const removal = effects[1];
    if (removal?.type !== 'change' || removal.geometry.type !== 'polygon')
      throw new Error('a changed polygon');
    expect(removal.geometry.vertices).toHaveLength(3);
  });

  it('leaves locked shapes where they are', () => {
    const { at, effects } = play([{ ...inner, locked: true }], 'inner');
    at('down', 75, 75);
    at('move', 95, 95);
    at('up', 95, 95);
    expect(effects).toEqual([]);
  });
});
