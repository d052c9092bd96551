import { AttachmentsAndAnswer } from '../AttachmentsAndAnswer';
import type { WorkspaceProps } from '../definition';
import { KeyedFieldList } from '../keyed-fields/KeyedFieldInput';
import type { KeyedValue } from '../keyed-fields/keyed-fields';
import { type DatacollectionDraft, fieldsOf } from './response';

export function DatacollectionWorkspace({
  task,
  draft,
  readOnly,
  problems,
  change,
}: WorkspaceProps<DatacollectionDraft>) {
  function setField(id: string, value: KeyedValue | undefined) {
    const fields = { ...draft.fields };
    if (value === undefined) delete fields[id];
    else fields[id] = value;
    change({ fields, begunAtMs: draft.begunAtMs ?? Date.now() }, { mergeKey: `field ${id}` });
  }
  return (
    <AttachmentsAndAnswer attachments={task.attachments}>
      <KeyedFieldList
        fields={fieldsOf(task)}
        values={draft.fields}
        path="fields"
        problems={problems}
        readOnly={readOnly}
        change={setField}
      />
    </AttachmentsAndAnswer>
  );
}
