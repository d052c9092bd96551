import { defineTaskType } from '../definition';
import { initialDraft, problems, readDraft, toResponse } from './response';
import { TextcollectionWorkspace } from './TextcollectionWorkspace';

export const definition = defineTaskType({
  initialDraft,
  readDraft,
  problems,
  toResponse,
  Workspace: TextcollectionWorkspace,
  minWidthPx: 0,
});
