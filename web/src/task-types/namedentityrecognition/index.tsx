import { defineTaskType } from '../definition';
import { NerWorkspace } from './NerWorkspace';
import { initialDraft, problems, readDraft, toResponse } from './response';

export const definition = defineTaskType({
  initialDraft,
  readDraft,
  problems,
  toResponse,
  Workspace: NerWorkspace,
  minWidthPx: 0,
});
