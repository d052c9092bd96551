import { describe, expect, it } from 'vitest';
import { workTask } from '../../testing/work-task';
import { nextWord, snapSelection, TextOffsets } from './offsets';
import { addEntity, inTextOrder, type NerDraft, removeEntity, toResponse } from './response';
import { cutIntoSegments, linesOf } from './segments';

describe('W36 offsets are those of a Python slice', () => {
  // Python: [text[a:b] for (a, b) in …] of the same text.
  const text = '👩‍🚀 ét\r\nשלום';
  const offsets = new TextOffsets(text);

  it.each([
    [0, 3, '👩‍🚀'],
    [4, 7, 'ét'],
    [7, 9, '\r\n'],
    [9, 13, 'שלום'],
  ])('%d to %d', (start, end, slice) => {
    // The text above is written with a combining accent, which is a code point of its own.
    const combining = new TextOffsets('👩‍🚀 e\u0301t\r\nשלום');
    expect(combining.slice(start, end).normalize('NFC')).toBe(slice.normalize('NFC'));
  });

  it('converts to the units of the browser and back', () => {
    for (let offset = 0; offset <= offsets.length; offset++) {
      expect(offsets.toOffset(offsets.toUnit(offset))).toBe(offset);
    }
    expect(offsets.length).toBe([...text].length);
    expect(offsets.toUnit(3)).toBe('👩‍🚀'.length);
  });

  it('a unit in the middle of a code point belongs to that code point', () => {
    expect(new TextOffsets('🚚x').toOffset(1)).toBe(0);
  });

  it('go into the answer', () => {
    const task = workTask('namedentityrecognition', { text: '👩 Acme', labels: ['w'] });
    const draft: NerDraft = {
      entities: [{ id: '1', start: 2, end: 6, label: 'w', attributes: {} }],
      relationships: [],
      globalAttributes: {},
    };
    expect(toResponse(task, draft)).toEqual({
      annotations: [{ id: '1', start: 2, end: 6, text: 'Acme', label: 'w', attributes: {} }],
      relationships: [],
      global_attributes: {},
    });
  });
});

describe('selection', () => {
  const text = 'Lagos: Acme 🚚 Ltd.\nnext line';
  const snapped = (start: number, end: number, exact = false) => {
    const range = snapSelection(text, { start, end }, exact);
    return range && text.slice(range.start, range.end);
  };

  it('widens to whole words', () => {
    expect(snapped(2, 3)).toBe('Lagos');
    expect(snapped(8, 17)).toBe('Acme 🚚 Ltd');
  });

  it('stays exact on request, but cuts no character in two', () => {
    expect(snapped(2, 4, true)).toBe('go');
    expect(snapped(13, 14, true)).toBe('🚚');
  });

  it('leaves white space at the ends out, and nothing but white space is nothing', () => {
    expect(snapped(6, 12)).toBe('Acme');
    expect(snapped(6, 7)).toBeNull();
  });

  it('moves by words with the keys, past signs but not past an emoji', () => {
    const word = (unit: number, direction: 1 | -1) => {
      const range = nextWord(text, unit, direction);
      return range && text.slice(range.start, range.end);
    };
    expect(word(0, 1)).toBe('Lagos');
    expect(word(5, 1)).toBe('Acme');
    expect(word(11, 1)).toBe('🚚');
    expect(word(11, -1)).toBe('Acme');
    expect(word(7, -1)).toBe('Lagos');
    expect(word(0, -1)).toBeNull();
    expect(word(text.length, 1)).toBeNull();
  });
});

describe('marks', () => {
  it('W37 nested and equal ones cut the text where any begins or ends', () => {
    const marks = [
      { id: 'city', start: 0, end: 13 },
      { id: 'state', start: 0, end: 8 },
      { id: 'again', start: 0, end: 13 },
    ];
    expect(cutIntoSegments({ start: 0, end: 20 }, marks)).toEqual([
      { start: 0, end: 8, marks: ['city', 'state', 'again'] },
      { start: 8, end: 13, marks: ['city', 'again'] },
      { start: 13, end: 20, marks: [] },
    ]);
  });

  it('lines keep their places, whatever ends them', () => {
    expect(linesOf('a\r\nbc\n')).toEqual([
      { start: 0, end: 1 },
      { start: 3, end: 5 },
      { start: 6, end: 6 },
    ]);
  });

  it('stand in the order of the text, and take their relationships along when removed', () => {
    const entity = (id: string, start: number, end: number) => ({
      id,
      start,
      end,
      label: 'x',
      attributes: {},
    });
    expect(
      inTextOrder([entity('b', 5, 6), entity('short', 0, 2), entity('long', 0, 9)]).map(({ id }) => id),
    ).toEqual(['long', 'short', 'b']);
    const draft: NerDraft = {
      ...addEntity(
        { entities: [entity('a', 0, 1)], relationships: [], globalAttributes: {} },
        entity('b', 2, 3),
      ),
      relationships: [{ id: 'r', source: 'a', target: 'b', name: 'in' }],
    };
    expect(removeEntity(draft, 'b').relationships).toEqual([]);
  });
});
