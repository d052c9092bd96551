import { useMemo, useState } from 'react';
import { labelColour } from '../../canvas/colours';
import { newUuid } from '../../lib/uuid';
import { useShortcuts } from '../../ui/shortcuts';
import type { WorkspaceProps } from '../definition';
import { LabelList } from '../imageannotation/LabelList';
import { EntityPanel } from './EntityPanel';
import { MarkedText, SELECTION_ID } from './MarkedText';
import styles from './NerWorkspace.module.css';
import { TextOffsets, type UnitRange } from './offsets';
import { readParams } from './params';
import { addEntity, changeEntity, inTextOrder, type NerDraft, removeEntity } from './response';

export function NerWorkspace({ task, draft, readOnly, change }: WorkspaceProps<NerDraft>) {
  const params = useMemo(() => readParams(task.params), [task.params]);
  const offsets = useMemo(() => new TextOffsets(params.text), [params.text]);
  const [currentLabel, setCurrentLabel] = useState<string | null>(null);
  const [selection, setSelection] = useState<UnitRange | null>(null);
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [announcement, setAnnouncement] = useState('');
  const selected = draft.entities.find((entity) => entity.id === selectedId) ?? null;

  const colours = useMemo(
    () => new Map(params.labels.map((label, index) => [label.name, labelColour(index)])),
    [params.labels],
  );
  const colourOfLabel = (label: string | null) => colours.get(label ?? '') ?? labelColour(7);
  const labelById = useMemo(
    () => new Map(draft.entities.map(({ id, label }) => [id, label])),
    [draft.entities],
  );
  const colourOfMark = useMemo(
    () => (id: string) => colours.get(labelById.get(id) ?? '') ?? labelColour(7),
    [colours, labelById],
  );

  const marks = useMemo(() => {
    const entities = inTextOrder(draft.entities).map(({ id, start, end }) => ({
      id,
      start: offsets.toUnit(start),
      end: offsets.toUnit(end),
    }));
    return selection ? [...entities, { id: SELECTION_ID, ...selection }] : entities;
  }, [draft.entities, offsets, selection]);

  function mark(range: UnitRange, label: string) {
    if (readOnly) return;
    const id = newUuid();
    change(
      addEntity(draft, {
        id,
        start: offsets.toOffset(range.start),
        end: offsets.toOffset(range.end),
        label,
        attributes: {},
      }),
    );
    setSelection(null);
    setSelectedId(id);
    setAnnouncement(`Marked ${params.text.slice(range.start, range.end)} as ${label}.`);
  }

  function chooseLabel(label: string) {
    if (selection) mark(selection, label);
    else if (selected) change(changeEntity(draft, selected.id, { label, attributes: {} }));
    else setCurrentLabel(currentLabel === label ? null : label);
  }

  function selectText(range: UnitRange | null, byPointer: boolean) {
    setSelectedId(null);
    if (range && byPointer && currentLabel !== null) {
      mark(range, currentLabel);
      return;
    }
    setSelection(range);
    if (range) setAnnouncement(`Selected: ${params.text.slice(range.start, range.end)}`);
  }

  function remove() {
    if (!selected || readOnly) return;
    change(removeEntity(draft, selected.id));
    setSelectedId(null);
    setAnnouncement('Entity deleted.');
  }

  function select(id: string | null) {
    setSelection(null);
    setSelectedId(id);
  }

  useShortcuts([
    ...params.labels.slice(0, 10).map(({ name }, index) => ({
      keys: [String((index + 1) % 10)],
      name,
      group: 'Labels',
      run: () => chooseLabel(name),
    })),
    { keys: ['Backspace', 'Delete'], name: 'Delete', group: 'Entities', run: remove },
    {
      keys: ['Escape'],
      name: 'Cancel',
      group: 'Entities',
      run: () => {
        select(null);
        setCurrentLabel(null);
      },
    },
    {
      keys: ['R'],
      name: 'Relationship of the selected entity',
      group: 'Entities',
      run: () => document.querySelector<HTMLSelectElement>('[data-relationship]')?.focus(),
    },
  ]);

  return (
    <div className={styles.screen}>
      <MarkedText
        text={params.text}
        marks={marks}
        colourOf={colourOfMark}
        selectedId={selectedId}
        selection={selection}
        onSelectText={selectText}
        onPress={select}
      />
      <aside aria-label="Labels and entities" className={styles.side}>
        <LabelList
          labels={params.labels.map(({ name }) => ({ choice: name, display: name, children: [] }))}
          chosen={selected ? selected.label : currentLabel}
          readOnly={readOnly}
          colourOf={colourOfLabel}
          onChoose={chooseLabel}
        />
        <EntityPanel
          params={params}
          draft={draft}
          offsets={offsets}
          selected={selected}
          readOnly={readOnly}
          colourOf={colourOfLabel}
          onSelect={select}
          onRemove={remove}
          onRelate={(name, target) => {
            if (!selected || target === '') return;
            const relationship = { id: newUuid(), source: selected.id, target, name };
            change({ ...draft, relationships: [...draft.relationships, relationship] });
          }}
          change={change}
        />
      </aside>
      <p role="status" className="visually-hidden">
        {announcement}
      </p>
    </div>
  );
}
