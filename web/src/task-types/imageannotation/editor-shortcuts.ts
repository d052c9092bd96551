import type { RefObject } from 'react';
import type { StageHandle } from '../../canvas/Stage';
import type { ToolName } from '../../canvas/stage-controller';
import type { Shortcut } from '../../ui/shortcuts';
import type { LabelNode } from '../labels';
import type { ImageObject } from './draft';
import { TOOLS } from './ToolBar';
import type { ObjectCommands } from './use-object-commands';

interface EditorShortcutOptions {
  stage: RefObject<StageHandle | null>;
  tools: ToolName[];
  labels: LabelNode[];
  chooseTool: (tool: ToolName) => void;
  chooseLabel: (label: string) => void;
  commands: ObjectCommands;
  select: (uuid: string | null) => void;
  objects: ImageObject[];
  selectedId: string | null;
}

/** The keys of the picture editor (labeling reference, part 4.3). */
export function editorShortcuts(options: EditorShortcutOptions): Shortcut[] {
  const { stage, tools, labels, chooseTool, chooseLabel, commands, select, objects, selectedId } = options;

  /** The tool has the first use of a key; what it does not need goes to the objects. */
  const toolFirst = (key: 'enter' | 'escape' | 'backspace', otherwise: () => void = () => undefined) => {
    if (!stage.current?.key(key)) otherwise();
  };

  function step(by: 1 | -1) {
    const from = objects.findIndex((object) => object.uuid === selectedId);
    const next = objects[(from + by + objects.length) % Math.max(1, objects.length)];
    if (next) {
      chooseTool('select');
      select(next.uuid);
    }
  }

  const arrows = (name: string, modifier: string, act: (dx: number, dy: number) => void): Shortcut[] => [
    { keys: [`${modifier}ArrowLeft`], name: `${name}, left`, group: 'Objects', run: () => act(-1, 0) },
    { keys: [`${modifier}ArrowRight`], name: `${name}, right`, group: 'Objects', run: () => act(1, 0) },
    { keys: [`${modifier}ArrowUp`], name: `${name}, up`, group: 'Objects', run: () => act(0, -1) },
    { keys: [`${modifier}ArrowDown`], name: `${name}, down`, group: 'Objects', run: () => act(0, 1) },
  ];

  return [
    ...labels.slice(0, 10).map(({ choice, display }, index) => ({
      keys: [String((index + 1) % 10)],
      name: display,
      group: 'Labels',
      run: () => chooseLabel(choice),
    })),
    {
      keys: ['/'],
      name: 'Find a label',
      group: 'Labels',
      run: () => document.querySelector<HTMLInputElement>('[data-label-filter]')?.focus(),
    },
    ...tools
      .filter((tool) => tool !== 'pan')
      .map((tool) => ({
        keys: [TOOLS[tool].key],
        name: TOOLS[tool].name,
        group: 'Tools',
        run: () => chooseTool(tool),
      })),
    { keys: ['Enter'], name: 'Close polygon or line', group: 'Tools', run: () => toolFirst('enter') },
    {
      keys: ['Escape'],
      name: 'Cancel',
      group: 'Tools',
      run: () => toolFirst('escape', () => select(null)),
    },
    { keys: ['Backspace'], name: 'Drop last vertex', group: 'Tools', run: () => toolFirst('backspace') },
    { keys: ['+', '='], name: 'Zoom in', group: 'View', run: () => stage.current?.zoomBy(1) },
    { keys: ['-'], name: 'Zoom out', group: 'View', run: () => stage.current?.zoomBy(-1) },
    { keys: ['F'], name: 'Fit', group: 'View', run: () => stage.current?.fit() },
    { keys: ['Z'], name: 'Actual size', group: 'View', run: () => stage.current?.actualSize() },
    { keys: ['Delete'], name: 'Delete', group: 'Objects', run: commands.remove },
    { keys: ['N'], name: 'Next object', group: 'Objects', run: () => step(1) },
    { keys: ['Shift+N'], name: 'Previous object', group: 'Objects', run: () => step(-1) },
    { keys: ['Mod+C'], name: 'Copy', group: 'Objects', run: commands.copy },
    { keys: ['Mod+V'], name: 'Paste in place', group: 'Objects', run: commands.paste },
    { keys: ['Mod+D'], name: 'Duplicate', group: 'Objects', run: commands.duplicate },
    { keys: ['['], name: 'Back', group: 'Objects', run: () => commands.reorder(-1) },
    { keys: [']'], name: 'Forward', group: 'Objects', run: () => commands.reorder(1) },
    { keys: ['H'], name: 'Hide or show', group: 'Objects', run: commands.toggleHidden },
    { keys: ['Shift+H'], name: 'Hide or show all', group: 'Objects', run: commands.toggleAllHidden },
    { keys: ['K'], name: 'Lock or unlock', group: 'Objects', run: commands.toggleLocked },
    { keys: ['Shift+K'], name: 'Lock or unlock all', group: 'Objects', run: commands.toggleAllLocked },
    ...arrows('Move 1 px', '', (dx, dy) => commands.moveBy(dx, dy)),
    ...arrows('Move 10 px', 'Shift+', (dx, dy) => commands.moveBy(10 * dx, 10 * dy)),
    ...arrows('Resize box', 'Alt+', (dx, dy) => commands.resizeBy(dx, dy)),
  ];
}
