import { defineTaskType } from '../definition';
import { CategorizationWorkspace } from './CategorizationWorkspace';
import { initialDraft, problems, readDraft, toResponse } from './response';

export const definition = defineTaskType({
  initialDraft,
  readDraft,
  problems,
  toResponse,
  Workspace: CategorizationWorkspace,
  minWidthPx: 0,
});
