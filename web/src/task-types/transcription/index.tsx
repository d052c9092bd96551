import { defineTaskType } from '../definition';
import { initialDraft, problems, readDraft, toResponse } from './response';
import { TranscriptionWorkspace } from './TranscriptionWorkspace';

export const definition = defineTaskType({
  initialDraft,
  readDraft,
  problems,
  toResponse,
  Workspace: TranscriptionWorkspace,
  minWidthPx: 0,
});
