import { Markdown } from '../../ui/Markdown';
import { AttachmentsAndAnswer } from '../AttachmentsAndAnswer';
import type { WorkspaceProps } from '../definition';
import { FieldLevel } from './FieldLevel';
import { readFields } from './fields';
import type { TextcollectionDraft } from './response';

export function TextcollectionWorkspace({
  task,
  draft,
  readOnly,
  problems,
  change,
}: WorkspaceProps<TextcollectionDraft>) {
  const { title, description } = task.params;
  return (
    <AttachmentsAndAnswer attachments={task.attachments}>
      {typeof title === 'string' && <h2>{title}</h2>}
      {typeof description === 'string' && <Markdown text={description} />}
      <fieldset disabled={readOnly} aria-label="Answer">
        <FieldLevel
          path="annotations"
          scope={{ fields: readFields(task.params.fields), answers: draft.answers, outer: null }}
          problems={problems}
          change={(answers, mergeKey) => change({ answers }, { mergeKey })}
        />
      </fieldset>
    </AttachmentsAndAnswer>
  );
}
