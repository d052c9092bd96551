import type { WorkTask } from '../../api/types';
import type { Problem } from '../definition';
import { type LabelNode, leafLabels, readLabels } from '../labels';

export interface CategorizationDraft {
  /** Categories in the order they stand in the request. */
  chosen: string[];
}

export interface CategorizationParams {
  categories: LabelNode[];
  allowMultiple: boolean;
  /** Category to id, where the customer gave ids. */
  ids: Map<string, string>;
}

export function readParams(params: Record<string, unknown>): CategorizationParams {
  const ids = new Map<string, string>();
  if (typeof params.category_ids === 'object' && params.category_ids !== null) {
    for (const [id, category] of Object.entries(params.category_ids)) ids.set(String(category), id);
  }
  return {
    categories: readLabels(params.categories),
    allowMultiple: params.allow_multiple === true,
    ids,
  };
}

export function initialDraft(task: WorkTask): CategorizationDraft {
  const guess = task.params.hypothesis as { category?: unknown } | null | undefined;
  const guessed = guess?.category;
  return onlyKnown(task, Array.isArray(guessed) ? guessed : guessed === undefined ? [] : [guessed]);
}

export function readDraft(task: WorkTask, stored: unknown): CategorizationDraft | null {
  const chosen = (stored as Partial<CategorizationDraft> | null)?.chosen;
  return Array.isArray(chosen) ? onlyKnown(task, chosen) : null;
}

function onlyKnown(task: WorkTask, chosen: unknown[]): CategorizationDraft {
  const { categories, allowMultiple } = readParams(task.params);
  const known = leafLabels(categories)
    .map((category) => category.choice)
    .filter((choice) => chosen.includes(choice));
  return { chosen: allowMultiple ? known : known.slice(0, 1) };
}

export function problems(_task: WorkTask, draft: CategorizationDraft): Problem[] {
  return draft.chosen.length === 0 ? [{ path: 'category', message: 'Choose one category.' }] : [];
}

export function toResponse(task: WorkTask, draft: CategorizationDraft): Record<string, unknown> {
  const { allowMultiple, ids } = readParams(task.params);
  const chosenIds = draft.chosen.map((choice) => ids.get(choice) ?? null);
  const first = draft.chosen[0] ?? null;
  return {
    category: allowMultiple ? draft.chosen : first,
    ...(ids.size > 0 ? { category_id: allowMultiple ? chosenIds : (chosenIds[0] ?? null) } : {}),
  };
}

/** The draft after a category was pressed: radios replace, checkboxes add and remove. */
export function choose(
  params: CategorizationParams,
  draft: CategorizationDraft,
  choice: string,
): CategorizationDraft {
  if (!params.allowMultiple) return draft.chosen[0] === choice ? draft : { chosen: [choice] };
  const on = !draft.chosen.includes(choice);
  const next = new Set(on ? [...draft.chosen, choice] : draft.chosen.filter((other) => other !== choice));
  return {
    chosen: leafLabels(params.categories)
      .map((category) => category.choice)
      .filter((known) => next.has(known)),
  };
}
