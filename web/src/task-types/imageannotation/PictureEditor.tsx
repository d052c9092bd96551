import { useMemo, useRef, useState } from 'react';
import { boundsOf, settle } from '../../canvas/geometry/geometry';
import { Stage, type StageHandle } from '../../canvas/Stage';
import type { ToolName } from '../../canvas/stage-controller';
import { newUuid } from '../../lib/uuid';
import { IconButton } from '../../ui/Button';
import { useShortcuts } from '../../ui/shortcuts';
import type { WorkspaceProps } from '../definition';
import { createShapeCache } from './canvas-shapes';
import { DisplaySettings, NO_FILTER } from './DisplaySettings';
import {
  addObject,
  areaFor,
  changeObject,
  type ImageDraft,
  type ImageObject,
  settleOptionsFor,
} from './draft';
import { editorShortcuts } from './editor-shortcuts';
import { LabelPopup } from './LabelPopup';
import styles from './PictureEditor.module.css';
import { allLabels, type ImageParams, labelsFor } from './params';
import { SidePanel } from './SidePanel';
import { ToolBar } from './ToolBar';
import { useObjectCommands } from './use-object-commands';

interface PictureEditorProps extends WorkspaceProps<ImageDraft> {
  params: ImageParams;
  picture: HTMLImageElement;
}

const HELP =
  'Draw with the pointer. 1 to 9 choose a label; V, B, P, L and O choose a tool. Plus and minus zoom, F fits the ' +
  'picture, Space held moves it. Enter closes a polygon or line, Backspace drops its last vertex, Escape cancels. ' +
  'N goes to the next object, arrows move it, Delete removes it. The list Objects says the same in words.';

export function PictureEditor({ params, picture, draft, readOnly, problems, change }: PictureEditorProps) {
  const tools: ToolName[] = ['select', 'pan', ...params.rules.map((rules) => rules.type)];
  const [tool, setTool] = useState<ToolName>(params.rules[0]?.type ?? 'select');
  const [currentLabel, setCurrentLabel] = useState<string | null>(null);
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [locked, setLocked] = useState<ReadonlySet<string>>(new Set());
  const [pictureFilter, setPictureFilter] = useState(NO_FILTER);
  const [popupFor, setPopupFor] = useState<string | null>(null);
  const [announcement, setAnnouncement] = useState('');
  const stage = useRef<StageHandle>(null);

  const area = useMemo(() => areaFor(params, picture), [params, picture]);
  const cache = useMemo(() => createShapeCache(params), [params]);
  const selected = draft.objects.find((object) => object.uuid === selectedId) ?? null;

  const isLocked = (object: ImageObject) => locked.has(object.uuid) || (object.base && !params.mayEditBase);
  const shapes = useMemo(
    () =>
      cache.shapes(
        draft,
        hidden,
        (object) => locked.has(object.uuid) || (object.base && !params.mayEditBase),
      ),
    [cache, draft, hidden, locked, params],
  );

  // A label goes to the selected object, but with a drawing tool to what is drawn next, though the object that was just
  // drawn stays selected so that its attributes can be filled in.
  const drawing = tool === 'select' || tool === 'pan' ? null : tool;
  const labelTarget = drawing ? null : selected;
  const labels = labelTarget
    ? labelsFor(params, labelTarget.geometry.type)
    : drawing
      ? labelsFor(params, drawing)
      : params.withLabels
        ? allLabels(params)
        : [];
  const onlyLabel = labels.length === 1 ? (labels[0]?.choice ?? null) : null;
  const known = labels.some(({ choice }) => choice === currentLabel) ? currentLabel : onlyLabel;
  const shownLabel = labelTarget ? labelTarget.label : known;

  function select(uuid: string | null) {
    setSelectedId(uuid);
    setPopupFor(null);
  }

  function chooseLabel(label: string) {
    setCurrentLabel(label);
    setPopupFor(null);
    if (popupFor !== null) {
      change(changeObject(draft, popupFor, { label }));
      return;
    }
    if (!labelTarget || labelTarget.label === label) return;
    if (labelTarget.base && !params.mayEditBaseLabels) {
      setAnnouncement('The label of this object came with the task and may not be changed.');
      return;
    }
    change(changeObject(draft, labelTarget.uuid, { label }));
  }

  function chooseTool(next: ToolName) {
    setTool(next);
    // What is drawn next must not be taken for a change of what was selected.
    if (next !== 'select' && next !== 'pan') select(null);
  }

  const commands = useObjectCommands({
    params,
    draft,
    area,
    selected,
    readOnly,
    isLocked,
    hidden,
    locked,
    setHidden,
    setLocked,
    select,
    change,
    announce: setAnnouncement,
  });

  useShortcuts(
    editorShortcuts({
      stage,
      tools,
      labels,
      chooseTool,
      chooseLabel,
      commands,
      select,
      objects: draft.objects,
      selectedId,
    }),
  );

  const wrong = useMemo(() => {
    const uuids = problems.flatMap(({ path }) => {
      const index = /^annotations\[(\d+)\]/.exec(path)?.[1];
      const object = index === undefined ? undefined : draft.objects[Number(index)];
      return object ? [object.uuid] : [];
    });
    return new Set(uuids);
  }, [problems, draft.objects]);

  const popupObject = draft.objects.find((object) => object.uuid === popupFor);

  return (
    <div className={styles.editor}>
      <div className={styles.left}>
        <ToolBar tools={tools} tool={tool} onTool={chooseTool} />
        <div className={styles.view}>
          <DisplaySettings filter={pictureFilter} onFilter={setPictureFilter} />
          <IconButton icon="zoomOut" name="Zoom out" shortcut="-" onClick={() => stage.current?.zoomBy(-1)} />
          <IconButton icon="zoomIn" name="Zoom in" shortcut="+" onClick={() => stage.current?.zoomBy(1)} />
          <IconButton icon="fit" name="Fit" shortcut="F" onClick={() => stage.current?.fit()} />
          <IconButton
            icon="actual"
            name="Actual size"
            shortcut="Z"
            onClick={() => stage.current?.actualSize()}
          />
        </div>
      </div>
      <div className={styles.centre}>
        <Stage
          handle={stage}
          picture={picture}
          help={HELP}
          shapes={shapes}
          selectedId={selectedId}
          tool={tool}
          drawColour={cache.colourOf(known)}
          area={area}
          readOnly={readOnly || (!params.mayAddObjects && drawing !== null)}
          pictureFilter={pictureFilter}
          settleOptions={(id) => {
            const object = draft.objects.find(({ uuid }) => uuid === id);
            return settleOptionsFor(params, object?.geometry.type ?? 'box', area);
          }}
          onDraw={(drawn) => {
            const geometry = settle(drawn, settleOptionsFor(params, drawn.type, area));
            const bounds = boundsOf(geometry);
            // A box without area is a slip of the hand.
            if (geometry.type === 'box' && (geometry.width === 0 || geometry.height === 0)) return;
            const object: ImageObject = {
              uuid: newUuid(),
              label: known,
              geometry,
              attributes: {},
              base: false,
            };
            change(addObject(draft, object));
            setSelectedId(object.uuid);
            setPopupFor(known === null && labelsFor(params, geometry.type).length > 0 ? object.uuid : null);
            setAnnouncement(
              `${geometry.type} drawn, ${Math.round(bounds.right - bounds.left)} by ${Math.round(bounds.bottom - bounds.top)} pixels.`,
            );
          }}
          onSelect={select}
          onChange={(id, geometry) => change(changeObject(draft, id, { geometry }))}
        />
        {popupObject && (
          <LabelPopup
            labels={labelsFor(params, popupObject.geometry.type)}
            at={stagePlace(stage.current, popupObject)}
            colourOf={cache.colourOf}
            onChoose={(label) => {
              chooseLabel(label);
              stage.current?.focus();
            }}
            onClose={() => {
              setPopupFor(null);
              stage.current?.focus();
            }}
          />
        )}
      </div>
      <SidePanel
        params={params}
        draft={draft}
        selected={selected}
        selectedId={selectedId}
        labels={labels}
        labelsAreOfSelection={labelTarget !== null}
        shownLabel={shownLabel}
        colourOf={cache.colourOf}
        hidden={hidden}
        isLocked={isLocked}
        wrong={wrong}
        readOnly={readOnly}
        commands={commands}
        chooseLabel={chooseLabel}
        select={(uuid) => {
          select(uuid);
          if (uuid !== null) setTool('select');
        }}
        change={change}
      />
      <p role="status" className="visually-hidden">
        {announcement}
      </p>
    </div>
  );
}

function stagePlace(stage: StageHandle | null, object: ImageObject) {
  const { right, top } = boundsOf(object.geometry);
  return stage?.stagePoint({ x: right, y: top }) ?? { x: 0, y: 0 };
}
