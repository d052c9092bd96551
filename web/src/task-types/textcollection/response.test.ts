import { describe, expect, it } from 'vitest';
import { workTask } from '../../testing/work-task';
import type { Answers } from './fields';
import { initialDraft, problems, toResponse } from './response';

const task = workTask('textcollection', {
  fields: [
    { type: 'text', field_id: 'diagnosis', title: 'Diagnosis', required: true },
    { type: 'number', field_id: 'age', title: 'Age', min: 0, max: 120 },
    {
      type: 'text',
      field_id: 'links',
      title: 'Links',
      min_responses_required: 2,
      max_responses_required: 3,
    },
    { type: 'text', field_id: 'note', title: 'Note', max_characters: 3 },
    {
      type: 'category',
      field_id: 'parts',
      title: 'Parts',
      choices: ['a', 'b', 'c'],
      min_choices: 2,
      max_choices: 2,
    },
    { type: 'boolean', field_id: 'damaged', title: 'Damaged' },
    {
      type: 'text',
      field_id: 'where',
      title: 'Where',
      required: true,
      conditions: [{ damaged: true }, { not: { parts: ['a', 'b', 'c'] }, age: 7 }],
    },
    {
      type: 'field_set',
      field_id: 'rows',
      title: 'Rows',
      max_responses_required: 5,
      fields: [
        { type: 'text', field_id: 'item', title: 'Item', required: true },
        { type: 'number', field_id: 'amount', title: 'Amount' },
      ],
    },
    { type: 'datetime', field_id: 'at', title: 'At' },
  ],
});

const messages = (answers: Answers) =>
  problems(task, { answers }).map(({ path, message }) => `${path}: ${message}`);

describe('W34 rules of fields', () => {
  it('each has its text', () => {
    expect(
      messages({ diagnosis: [' '], age: [130], links: ['one'], note: ['äöüß'], parts: [['a']] }),
    ).toEqual([
      'annotations.diagnosis: *Diagnosis* is required.',
      'annotations.age: *Age*: 130 is more than 120.',
      'annotations.links: *Links*: 1 answer, at least 2.',
      'annotations.note: *Note*: 4 characters, at most 3.',
      'annotations.parts: *Parts*: 1 choice, at least 2.',
    ]);
  });

  it('count what people see: an emoji is one character', () => {
    expect(messages({ diagnosis: ['x'], note: ['🚚🚚🚚'] })).toEqual([]);
  });

  it('ask a conditional field only while its condition holds: an array is "or", an object is "and"', () => {
    expect(messages({ diagnosis: ['x'], damaged: [true] })).toEqual([
      'annotations.where: *Where* is required.',
    ]);
    expect(messages({ diagnosis: ['x'], damaged: [false] })).toEqual([]);
    expect(messages({ diagnosis: ['x'], age: [7] })).toEqual(['annotations.where: *Where* is required.']);
    expect(messages({ diagnosis: ['x'], age: [7], parts: [['a', 'b']] })).toEqual([]);
  });

  it('a set that is begun must be whole', () => {
    expect(messages({ diagnosis: ['x'], rows: [{ item: ['coal'] }, { amount: [3] }] })).toEqual([
      'annotations.rows[1].item: *Item* is required.',
    ]);
    expect(messages({ diagnosis: ['x'], rows: [{ item: [''] }] })).toEqual([]);
  });
});

describe('response', () => {
  it('has the newer form and leaves out what is hidden or empty', () => {
    const answers: Answers = {
      diagnosis: ['cold'],
      links: ['a', '', 'b'],
      where: ['left over from before'],
      damaged: [false],
      parts: [['a', 'b']],
      rows: [{ item: ['coal'], amount: [12] }, {}],
      at: ['2026-11-24T10:30'],
    };
    expect(toResponse(task, { answers })).toEqual({
      annotations: {
        diagnosis: { type: 'text', field_id: 'diagnosis', response: ['cold'] },
        links: { type: 'text', field_id: 'links', response: ['a', 'b'] },
        parts: { type: 'category', field_id: 'parts', response: [['a', 'b']] },
        damaged: { type: 'boolean', field_id: 'damaged', response: [false] },
        rows: { type: 'field_set', field_id: 'rows', response: [{ item: 'coal', amount: 12 }] },
        at: { type: 'datetime', field_id: 'at', response: ['2026-11-24T10:30:00'] },
      },
    });
  });

  it('starts from a first guess in either form', () => {
    const guess = (annotations: unknown) =>
      initialDraft(workTask('textcollection', { ...task.params, hypothesis: { annotations } })).answers;
    expect(guess({ age: 5, parts: ['a', 'b'], links: ['x', 'y'] })).toEqual({
      age: [5],
      parts: [['a', 'b']],
      links: ['x', 'y'],
    });
    expect(guess({ age: { type: 'number', field_id: 'age', response: [5] } })).toEqual({ age: [5] });
    expect(guess({ rows: [{ item: 'coal' }] })).toEqual({ rows: [{ item: ['coal'] }] });
  });
});
