import type { WorkTask } from '../../api/types';
import { defineTaskType } from '../definition';
import { type ImageDraft, initialDraft, readDraft } from './draft';
import { ImageReview } from './ImageReview';
import { ImageWorkspace } from './ImageWorkspace';
import { readParams } from './params';
import { problems, toResponse } from './response';

/** All types on the picture engine; what differs between them follows from the task's type. */
export const imageTaskType = defineTaskType<ImageDraft>({
  initialDraft,
  readDraft,
  problems: (task: WorkTask, draft: ImageDraft) => problems(readParams(task.type, task.params), draft),
  toResponse: (task: WorkTask, draft: ImageDraft) => toResponse(readParams(task.type, task.params), draft),
  Workspace: ImageWorkspace,
  Review: ImageReview,
  minWidthPx: 640,
});
