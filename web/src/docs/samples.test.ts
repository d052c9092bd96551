import { expect, it } from 'vitest';
import { basicSteps, keyProblem, modeOfKey } from './basic-auth';
import { exampleCalls, filledPath, firstValues } from './calls';
import { jsLiteral, LANGUAGES, pythonLiteral, sample } from './samples';

const ORIGIN = 'http://127.0.0.1:8080';
const calls = exampleCalls(ORIGIN);

function call(id: string) {
  const found = calls.find((one) => one.id === id);
  if (!found) throw new Error(`no example call ${id}`);
  return found;
}

it('S31 to S38: live_ScaleRocks becomes its header', () => {
  expect(basicSteps('live_ScaleRocks')).toEqual({
    joined: 'live_ScaleRocks:',
    encoded: 'bGl2ZV9TY2FsZVJvY2tzOg==',
    header: 'Basic bGl2ZV9TY2FsZVJvY2tzOg==',
  });
});

it.each([
  ['', /Enter/],
  ['live_a b', /spaces/],
  ['live_a\n', /line breaks/],
  ['live_a:', /colon/],
  ['live_é', /ASCII/],
])('says why %j is no key', (text, reason) => {
  expect(keyProblem(text)).toMatch(reason);
  expect(() => basicSteps(text)).toThrow(reason);
});

it.each([
  ['live_x', 'live'],
  ['test_x', 'test'],
  ['0123|live', 'live'],
  ['0123|test', 'test'],
  ['imported-key-of-old', null],
])('tells the mode of %s: %s', (key, mode) => expect(modeOfKey(key)).toBe(mode));

it('fills a path, and leaves placeholders readable', () => {
  const get = call('get-task');
  expect(filledPath(get, firstValues(get))).toBe('/v1/task/{{TaskId}}');
  expect(filledPath(get, { ...firstValues(get), pathParams: { task_id: 'a/b' } })).toBe('/v1/task/a%2Fb');
  const list = call('list-tasks');
  expect(filledPath(list, firstValues(list))).toBe('/v1/tasks?limit=3');
  expect(filledPath(list, { ...firstValues(list), query: { limit: '' } })).toBe('/v1/tasks');
});

it('has ids that are used once', () => {
  const ids = calls.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

const listed = call('list-tasks');
it.each(LANGUAGES.map(({ id }) => id))('writes the list of tasks in %s', (language) => {
  expect(
    sample(language, listed, firstValues(listed), { origin: ORIGIN, key: '{{ApiKey}}' }),
  ).toMatchSnapshot();
});

const created = call('create-categorization');
it.each(LANGUAGES.map(({ id }) => id))('writes the creation of a task in %s', (language) => {
  expect(
    sample(language, created, firstValues(created), { origin: ORIGIN, key: 'test_k' }),
  ).toMatchSnapshot();
});

it('has no sample where the official Node client has no method', () => {
  const metadata = call('set-metadata');
  expect(sample('node-scaleapi', metadata, firstValues(metadata), { origin: ORIGIN, key: 'k' })).toBeNull();
});

it('keeps quotes, backslashes and line breaks of a body', () => {
  const body = { text: `it's "so"\n\\ $HOME` };
  expect(pythonLiteral(body, 0)).toBe(`{'text': 'it\\'s "so"\\n\\\\ $HOME'}`);
  expect(jsLiteral(body, 0)).toBe(`{ text: 'it\\'s "so"\\n\\\\ $HOME' }`);
  const values = { ...firstValues(created), body };
  expect(sample('curl', created, values, { origin: ORIGIN, key: 'k' })).toContain(
    `"it'\\''s \\"so\\"\\n\\\\ $HOME"`,
  );
});

it('spells the literals of each language', () => {
  expect(pythonLiteral([null, true, false, 1.5], 0)).toBe('[None, True, False, 1.5]');
  expect(jsLiteral([null, true, false, 1.5], 0)).toBe('[null, true, false, 1.5]');
  expect(jsLiteral({ 'a-b': 1 }, 0)).toBe("{ 'a-b': 1 }");
  expect(pythonLiteral({}, 0)).toBe('{}');
});
