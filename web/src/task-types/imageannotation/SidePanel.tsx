import { useState } from 'react';
import { Button, IconButton } from '../../ui/Button';
import { useViewportWidth } from '../../ui/use-viewport-width';
import { AttributeFields } from '../attributes/AttributeFields';
import { attributesToAsk } from '../attributes/attributes';
import type { ChangeOptions } from '../definition';
import type { LabelNode } from '../labels';
import { changeObject, type ImageDraft, type ImageObject } from './draft';
import { LabelList } from './LabelList';
import { ObjectList } from './ObjectList';
import type { ImageParams } from './params';
import { warningFor } from './response';
import styles from './SidePanel.module.css';
import type { ObjectCommands } from './use-object-commands';

/** Below this width of the window the panel is a drawer. */
const DRAWER_BELOW_PX = 1024;

interface SidePanelProps {
  params: ImageParams;
  draft: ImageDraft;
  selected: ImageObject | null;
  selectedId: string | null;
  labels: LabelNode[];
  /** Whether choosing a label changes the selected object instead of what is drawn next. */
  labelsAreOfSelection: boolean;
  shownLabel: string | null;
  colourOf: (label: string | null) => string;
  hidden: ReadonlySet<string>;
  isLocked: (object: ImageObject) => boolean;
  wrong: ReadonlySet<string>;
  readOnly: boolean;
  commands: ObjectCommands;
  chooseLabel: (label: string) => void;
  select: (uuid: string | null) => void;
  change: (draft: ImageDraft, options?: ChangeOptions) => void;
}

/** Labels, objects, and the attributes of the scene and of the selected object. */
export function SidePanel(props: SidePanelProps) {
  const { params, draft, selected, readOnly, commands, change } = props;
  const narrow = useViewportWidth() < DRAWER_BELOW_PX;
  const [open, setOpen] = useState(false);
  const sceneAsked = attributesToAsk(params.attributes, null, draft.sceneAttributes, true);
  const selectedIndex = selected === null ? -1 : draft.objects.indexOf(selected);
  const warning = selected && warningFor(selected);

  return (
    <aside aria-label="Labels and objects" className={narrow && !open ? styles.folded : styles.panel}>
      {narrow && (
        <Button small aria-expanded={open} onClick={() => setOpen(!open)} className={styles.fold ?? ''}>
          {open ? 'Hide objects' : 'Objects'}
        </Button>
      )}
      {(!narrow || open) && (
        <>
          {props.labels.length > 0 && (
            <>
              <h2 className={styles.heading}>
                {props.labelsAreOfSelection ? 'Label of the selected object' : 'Label'}
              </h2>
              <LabelList
                labels={props.labels}
                chosen={props.shownLabel}
                readOnly={readOnly}
                colourOf={props.colourOf}
                onChoose={props.chooseLabel}
              />
            </>
          )}
          <AttributeFields
            legend="Scene"
            path="global_attributes"
            asked={sceneAsked}
            values={draft.sceneAttributes}
            linkable={[]}
            readOnly={readOnly}
            change={(sceneAttributes, mergeKey) => change({ ...draft, sceneAttributes }, { mergeKey })}
          />
          <h2 className={styles.heading}>
            Objects <span className={styles.count}>{draft.objects.length}</span>
          </h2>
          {draft.objects.length === 0 && (
            <label className={styles.nothing}>
              <input
                type="checkbox"
                checked={draft.nothing}
                disabled={readOnly}
                onChange={(event) => change({ ...draft, nothing: event.target.checked })}
              />
              Nothing to annotate
            </label>
          )}
          <ObjectList
            objects={draft.objects}
            params={params}
            colourOf={props.colourOf}
            selectedId={props.selectedId}
            hidden={props.hidden}
            isLocked={props.isLocked}
            wrong={props.wrong}
            onSelect={props.select}
          />
          {selected && (
            <div className={styles.selected}>
              <div className={styles.commands}>
                <Button small icon="trash" refused={commands.deleteRefused} onClick={commands.remove}>
                  Delete
                </Button>
                <IconButton
                  icon={props.hidden.has(selected.uuid) ? 'eyeOff' : 'eye'}
                  name={props.hidden.has(selected.uuid) ? 'Show' : 'Hide'}
                  shortcut="H"
                  onClick={commands.toggleHidden}
                />
                <IconButton
                  icon={props.isLocked(selected) ? 'lock' : 'unlock'}
                  name={props.isLocked(selected) ? 'Unlock' : 'Lock'}
                  shortcut="K"
                  onClick={commands.toggleLocked}
                />
                <IconButton icon="copy" name="Duplicate" shortcut="Control+D" onClick={commands.duplicate} />
              </div>
              {selected.base && commands.changeRefused && (
                <p className={styles.note}>{commands.changeRefused}</p>
              )}
              {warning && <p className={styles.note}>{warning}</p>}
              <AttributeFields
                legend="Attributes"
                path={`annotations[${selectedIndex}].attributes`}
                asked={attributesToAsk(params.attributes, selected.label, selected.attributes, false)}
                values={selected.attributes}
                linkable={draft.objects.flatMap((object, index) =>
                  object === selected
                    ? []
                    : [
                        {
                          uuid: object.uuid,
                          label: object.label,
                          name: `${index + 1}. ${object.label ?? 'no label'}, ${object.geometry.type}`,
                        },
                      ],
                )}
                readOnly={readOnly || commands.changeRefused !== false}
                change={(attributes, mergeKey) =>
                  change(changeObject(draft, selected.uuid, { attributes }), { mergeKey })
                }
              />
            </div>
          )}
        </>
      )}
    </aside>
  );
}
