import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { createQueryClient } from '../api/queries';
import type { WorkTask } from '../api/types';
import { loadTaskType } from '../task-types/registry';
import { fakeServer } from '../testing/fake-server';
import { claimOf, workTask } from '../testing/work-task';
import { Workspace } from './Workspace';

afterEach(cleanup);

async function open(task: WorkTask) {
  const onNext = vi.fn();
  const sent = fakeServer(({ path }) =>
    path.endsWith('/queue')
      ? { body: { waiting: 3, in_work: 1, projects: [], open_claim_id: null, done_today: 0 } }
      : { body: { version: 1, lease_seconds_left: 900, next: null } },
  );
  const definition = await loadTaskType(task.type);
  render(
    <QueryClientProvider client={createQueryClient()}>
      <Workspace
        claim={claimOf()}
        task={task}
        definition={definition}
        deviceDraft={null}
        onNext={onNext}
        onLeave={() => undefined}
      />
    </QueryClientProvider>,
  );
  const answer = () => sent.find(({ path }) => path.endsWith('/submit'))?.body;
  return { user: userEvent.setup(), sent, onNext, answer };
}

const one = workTask(
  'categorization',
  { categories: ['loaded', 'empty'], allow_multiple: false },
  { instruction: 'Is the truck **loaded**?', project: 'gate' },
);

it('W33 a categorization has one radio for each category, named exactly by it', async () => {
  const { user, answer, onNext } = await open(one);
  expect(screen.getAllByRole('radio').map((radio) => radio.closest('label')?.textContent)).toEqual([
    'loaded',
    'empty',
  ]);
  await user.click(screen.getByRole('radio', { name: 'empty' }));
  await user.click(screen.getByRole('button', { name: 'Submit' }));
  await waitFor(() => expect(onNext).toHaveBeenCalled());
  expect(answer()).toEqual({ epoch: 1, response: { category: 'empty' } });
});

it('W33 a categorization of several has checkboxes', async () => {
  const { user, answer, onNext } = await open(
    workTask('categorization', { categories: ['a', 'b', 'c'], allow_multiple: true }),
  );
  await user.click(screen.getByRole('checkbox', { name: 'c' }));
  await user.click(screen.getByRole('checkbox', { name: 'a' }));
  await user.click(screen.getByRole('button', { name: 'Submit' }));
  await waitFor(() => expect(onNext).toHaveBeenCalled());
  expect(answer()).toEqual({ epoch: 1, response: { category: ['a', 'c'] } });
});

it('W33 goes by keys alone: a digit chooses, Ctrl+Enter submits, Ctrl+Z undoes', async () => {
  const { user, answer, onNext } = await open(one);
  await user.keyboard('2');
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'empty' }).checked).toBe(true);
  await user.keyboard('1');
  await user.keyboard('{Control>}z{/Control}');
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'empty' }).checked).toBe(true);
  await user.keyboard('{Control>}{Enter}{/Control}');
  await waitFor(() => expect(onNext).toHaveBeenCalled());
  expect(answer()).toEqual({ epoch: 1, response: { category: 'empty' } });
});

it('says what is missing, and the first field with a problem takes the focus', async () => {
  const { user, answer } = await open(one);
  await user.click(screen.getByRole('button', { name: 'Submit' }));
  expect(screen.getByRole('alert').textContent).toContain('Choose one category.');
  expect(document.activeElement).toBe(screen.getByRole('radio', { name: 'loaded' }));
  expect(answer()).toBeUndefined();
});

it('shows the instruction as Markdown', async () => {
  await open(one);
  const instruction = screen.getByRole('region', { name: 'Instructions' });
  expect(within(instruction).getByText('loaded').tagName).toBe('STRONG');
});

it('skips with a reason', async () => {
  const { user, sent, onNext } = await open(one);
  await user.click(screen.getByRole('button', { name: 'Skip' }));
  const dialog = screen.getByRole('dialog', { name: 'Skip task' });
  await user.click(within(dialog).getByRole('button', { name: 'Skip this task' }));
  expect(within(dialog).getByRole('alert').textContent).toBe('Choose a reason.');
  await user.click(within(dialog).getByRole('radio', { name: 'I lack the knowledge' }));
  await user.click(within(dialog).getByRole('button', { name: 'Skip this task' }));
  await waitFor(() => expect(onNext).toHaveBeenCalled());
  expect(sent.find(({ path }) => path.endsWith('/skip'))?.body).toEqual({
    epoch: 1,
    reason: 'lack_of_knowledge',
  });
});

it('W34 shows a conditional field when its condition holds', async () => {
  const { user, answer, onNext } = await open(
    workTask('textcollection', {
      fields: [
        { type: 'boolean', field_id: 'damaged', title: 'Damaged?', required: true },
        { type: 'text', field_id: 'where', title: 'Where', required: true, conditions: [{ damaged: true }] },
      ],
    }),
  );
  expect(screen.queryByRole('textbox', { name: 'Where' })).toBeNull();
  await user.click(screen.getByRole('radio', { name: 'Yes' }));
  await user.type(screen.getByRole('textbox', { name: 'Where' }), 'left door');
  await user.click(screen.getByRole('button', { name: 'Submit' }));
  await waitFor(() => expect(onNext).toHaveBeenCalled());
  expect(answer()).toMatchObject({
    response: {
      annotations: {
        damaged: { response: [true] },
        where: { response: ['left door'] },
      },
    },
  });
});

it('W35 goes to the next cell at Enter, and adds a row after the last', async () => {
  const { user, answer, onNext } = await open(
    workTask('transcription', { repeatable_fields: { item: 'Item', amount: 'Amount' } }),
  );
  await user.click(screen.getByRole('textbox', { name: 'Item, row 1' }));
  await user.keyboard('coal{Enter}12{Enter}ore{Enter}3');
  await user.click(screen.getByRole('button', { name: 'Submit' }));
  await waitFor(() => expect(onNext).toHaveBeenCalled());
  expect(answer()).toMatchObject({
    response: {
      repeatable_fields: [
        { item: 'coal', amount: '12' },
        { item: 'ore', amount: '3' },
      ],
    },
  });
});

it('W36 marks words by keys: Shift with arrows, then a digit', async () => {
  const { user, answer, onNext } = await open(
    workTask('namedentityrecognition', { text: '🚚 Acme Ltd of Lagos', labels: ['company', 'place'] }),
  );
  screen.getByRole('region', { name: 'Text' }).focus();
  await user.keyboard('{ArrowRight}{ArrowRight}{Shift>}{ArrowRight}{/Shift}1');
  expect(screen.getByRole('option', { name: '1. Acme Ltd, company' })).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Submit' }));
  await waitFor(() => expect(onNext).toHaveBeenCalled());
  expect(answer()).toMatchObject({
    response: { annotations: [{ start: 2, end: 10, text: 'Acme Ltd', label: 'company' }] },
  });
});

it('has nothing but Skip for a type that this version does not know', async () => {
  const { user, answer } = await open(workTask('videoannotation', {}));
  const submit = screen.getByRole('button', { name: 'Submit' });
  expect(submit.getAttribute('aria-disabled')).toBe('true');
  await user.click(submit);
  expect(answer()).toBeUndefined();
});
