import { type KeyboardEvent, useId } from 'react';
import { Button, IconButton } from '../../ui/Button';
import { AttributeFields } from '../attributes/AttributeFields';
import { attributesToAsk } from '../attributes/attributes';
import type { ChangeOptions } from '../definition';
import styles from './EntityPanel.module.css';
import type { TextOffsets } from './offsets';
import { type NerParams, rulesFrom } from './params';
import { changeEntity, type Entity, type NerDraft } from './response';

interface EntityPanelProps {
  params: NerParams;
  draft: NerDraft;
  offsets: TextOffsets;
  selected: Entity | null;
  readOnly: boolean;
  colourOf: (label: string) => string;
  onSelect: (id: string) => void;
  onRemove: () => void;
  onRelate: (name: string, target: string) => void;
  change: (draft: NerDraft, options?: ChangeOptions) => void;
}

const SHOWN_TEXT_MAX = 40;

/** The entities as a list, and what belongs to the selected one. */
export function EntityPanel(props: EntityPanelProps) {
  const { params, draft, offsets, selected, readOnly, change } = props;
  const id = useId();
  const { entities } = draft;
  const selectedIndex = selected === null ? -1 : entities.indexOf(selected);
  const label = params.labels.find(({ name }) => name === selected?.label);

  const textOf = (entity: Entity) => {
    const text = offsets.slice(entity.start, entity.end);
    return text.length > SHOWN_TEXT_MAX ? `${text.slice(0, SHOWN_TEXT_MAX)}…` : text;
  };

  function onKeyDown(event: KeyboardEvent) {
    const next =
      event.key === 'ArrowDown'
        ? entities[Math.min(entities.length - 1, selectedIndex + 1)]
        : event.key === 'ArrowUp'
          ? entities[Math.max(0, selectedIndex - 1)]
          : undefined;
    if (!next) return;
    event.preventDefault();
    props.onSelect(next.id);
  }

  return (
    <>
      <AttributeFields
        legend="Whole text"
        path="global_attributes"
        asked={attributesToAsk(params.globalAttributes, null, draft.globalAttributes, true)}
        values={draft.globalAttributes}
        linkable={[]}
        readOnly={readOnly}
        change={(globalAttributes, mergeKey) => change({ ...draft, globalAttributes }, { mergeKey })}
      />
      <h2 className={styles.heading}>
        Entities <span className={styles.count}>{entities.length}</span>
      </h2>
      {entities.length === 0 && <p className={styles.none}>None yet. Select words in the text.</p>}
      <div
        role="listbox"
        aria-label="Entities"
        tabIndex={0}
        aria-activedescendant={selectedIndex >= 0 ? `${id}-${selectedIndex}` : undefined}
        className={styles.list}
        onKeyDown={onKeyDown}
      >
        {entities.map((entity, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the list box has the keys for all its options
          <div
            key={entity.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={entity === selected}
            tabIndex={-1}
            data-problem-path={`annotations[${index}]`}
            className={styles.row}
            onClick={() => props.onSelect(entity.id)}
            onFocus={() => props.onSelect(entity.id)}
          >
            <svg width="12" height="12" aria-hidden="true" className={styles.swatch}>
              <rect width="12" height="12" rx="2" fill={props.colourOf(entity.label)} />
            </svg>
            <span className={styles.name} dir="auto">
              {`${index + 1}. ${textOf(entity)}, ${entity.label}`}
            </span>
          </div>
        ))}
      </div>
      {selected && (
        <div className={styles.selected}>
          <Button
            small
            icon="trash"
            refused={readOnly && 'The task is not open here.'}
            onClick={props.onRemove}
          >
            Delete
          </Button>
          {label && (
            <AttributeFields
              legend="Attributes"
              path={`annotations[${selectedIndex}].attributes`}
              asked={attributesToAsk(label.attributes, selected.label, selected.attributes, false)}
              values={selected.attributes}
              linkable={[]}
              readOnly={readOnly}
              change={(attributes, mergeKey) =>
                change(changeEntity(draft, selected.id, { attributes }), { mergeKey })
              }
            />
          )}
          {rulesFrom(params, selected.label).map((rule, ruleIndex) => (
            <div key={rule.name} className={styles.relation}>
              <label htmlFor={`${id}-rule-${ruleIndex}`}>{rule.name}</label>
              <select
                id={`${id}-rule-${ruleIndex}`}
                data-relationship=""
                disabled={readOnly}
                value=""
                onChange={(event) => props.onRelate(rule.name, event.target.value)}
              >
                <option value="">Choose the target…</option>
                {entities.map((entity, index) =>
                  entity !== selected &&
                  (rule.targetLabels.length === 0 || rule.targetLabels.includes(entity.label)) ? (
                    <option key={entity.id} value={entity.id}>
                      {`${index + 1}. ${textOf(entity)}, ${entity.label}`}
                    </option>
                  ) : null,
                )}
              </select>
            </div>
          ))}
        </div>
      )}
      {draft.relationships.length > 0 && (
        <>
          <h2 className={styles.heading}>Relationships</h2>
          <ul className={styles.relations}>
            {draft.relationships.map((relationship) => {
              const source = entities.find((entity) => entity.id === relationship.source);
              const target = entities.find((entity) => entity.id === relationship.target);
              if (!source || !target) return null;
              const text = `${textOf(source)} ${relationship.name} ${textOf(target)}`;
              return (
                <li key={relationship.id}>
                  <span>
                    {textOf(source)} <em>{relationship.name}</em> {textOf(target)}
                  </span>
                  <IconButton
                    icon="trash"
                    name={`Delete ${text}`}
                    disabled={readOnly}
                    onClick={() =>
                      change({
                        ...draft,
                        relationships: draft.relationships.filter((other) => other !== relationship),
                      })
                    }
                  />
                </li>
              );
            })}
          </ul>
        </>
      )}
    </>
  );
}
