import { expect, it } from 'vitest';
import { workTask } from '../../testing/work-task';
import * as datacollection from '../datacollection/response';
import { initialDraft, pasteCells, problems, readParams, toResponse } from './response';

const task = workTask('transcription', {
  fields: [
    { id: 'plate', title: 'Number plate', required: true },
    { id: 'net', type: 'number' },
  ],
  repeatable_fields: { item: 'Item', amount: 'Amount', unit: 'Unit' },
});
const { columns } = readParams(task.params);

it('starts with one empty row', () => {
  expect(initialDraft(task)).toEqual({ fields: {}, rows: [{}] });
});

it('W35 pastes 3 × 4 cells from a spreadsheet, adding rows and leaving out what has no column', () => {
  const text = 'coal\t12\tt\tlost\r\nore\t3\tt\tlost\r\nsand\t\tkg\tlost\r\n';
  expect(pasteCells([{ item: 'first' }], columns, text, 1, 0)).toEqual([
    { item: 'first' },
    { item: 'coal', amount: '12', unit: 't' },
    { item: 'ore', amount: '3', unit: 't' },
    { item: 'sand', amount: '', unit: 'kg' },
  ]);
});

it('answers with what is filled in', () => {
  expect(
    toResponse(task, { fields: { plate: 'AB-123', net: 1200 }, rows: [{ item: 'coal', amount: ' ' }, {}] }),
  ).toEqual({ fields: { plate: 'AB-123', net: 1200 }, repeatable_fields: [{ item: 'coal' }] });
});

it('asks for required fields, and for anything at all', () => {
  expect(problems(task, { fields: {}, rows: [{}] })).toEqual([
    { path: 'fields.plate', message: '*Number plate* is required.' },
  ]);
  const rowsOnly = workTask('transcription', { repeatable_fields: { a: 'A' } });
  expect(problems(rowsOnly, { fields: {}, rows: [{}] })).toEqual([
    { path: 'repeatable_fields[0].a', message: 'Fill in at least one field.' },
  ]);
});

it('datacollection tells the time from the first value to the answer', () => {
  const collection = workTask('datacollection', { fields: { phone: 'Phone', fax: 'Fax' } });
  expect(
    datacollection.toResponse(collection, { fields: { phone: '112', fax: '' }, begunAtMs: 1000 }, 15_600),
  ).toEqual({ fields: { phone: '112' }, time_spent_in_seconds: 15 });
  expect(datacollection.problems(collection, { fields: {}, begunAtMs: null })).toEqual([
    { path: 'fields.phone', message: 'Fill in at least one field.' },
  ]);
});
