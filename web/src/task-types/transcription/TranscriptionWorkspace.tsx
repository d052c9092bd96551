import { AttachmentsAndAnswer } from '../AttachmentsAndAnswer';
import type { WorkspaceProps } from '../definition';
import { KeyedFieldList } from '../keyed-fields/KeyedFieldInput';
import type { KeyedValue, KeyedValues } from '../keyed-fields/keyed-fields';
import { RowTable } from './RowTable';
import { readParams, type TranscriptionDraft } from './response';

export function TranscriptionWorkspace({
  task,
  draft,
  readOnly,
  problems,
  change,
}: WorkspaceProps<TranscriptionDraft>) {
  const { fields, columns } = readParams(task.params);

  function setField(id: string, value: KeyedValue | undefined) {
    const next: KeyedValues = { ...draft.fields };
    if (value === undefined) delete next[id];
    else next[id] = value;
    change({ ...draft, fields: next }, { mergeKey: `field ${id}` });
  }

  return (
    <AttachmentsAndAnswer attachments={task.attachments}>
      {fields.length > 0 && (
        <KeyedFieldList
          fields={fields}
          values={draft.fields}
          path="fields"
          problems={problems}
          readOnly={readOnly}
          change={setField}
        />
      )}
      {columns.length > 0 && (
        <RowTable
          columns={columns}
          rows={draft.rows}
          problems={problems}
          readOnly={readOnly}
          change={(rows, mergeKey) => change({ ...draft, rows }, { mergeKey })}
        />
      )}
    </AttachmentsAndAnswer>
  );
}
