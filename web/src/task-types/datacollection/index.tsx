import { defineTaskType } from '../definition';
import { DatacollectionWorkspace } from './DatacollectionWorkspace';
import { type DatacollectionDraft, initialDraft, problems, readDraft, toResponse } from './response';

export const definition = defineTaskType<DatacollectionDraft>({
  initialDraft,
  readDraft,
  problems,
  toResponse: (task, draft) => toResponse(task, draft),
  Workspace: DatacollectionWorkspace,
  minWidthPx: 0,
});
