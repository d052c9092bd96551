import type { WorkTask } from '../../api/types';
import { type AnyTaskType, defineTaskType, type WorkspaceProps } from '../definition';
import { type ImageDraft, initialDraft, readDraft } from './draft';
import { ImageReview } from './ImageReview';
import { ImageWorkspace } from './ImageWorkspace';
import { type ImageTaskType, readParams } from './params';
import { problems, toResponse } from './response';

/** The definition of a type on the picture engine. */
export function imageTaskType(type: ImageTaskType): AnyTaskType {
  return defineTaskType<ImageDraft>({
    initialDraft,
    readDraft,
    problems: (task: WorkTask, draft: ImageDraft) => problems(readParams(type, task.params), draft),
    toResponse: (task: WorkTask, draft: ImageDraft) => toResponse(readParams(type, task.params), draft),
    Workspace: (props: WorkspaceProps<ImageDraft>) => <ImageWorkspace type={type} {...props} />,
    Review: (props) => <ImageReview type={type} {...props} />,
    minWidthPx: 640,
  });
}
