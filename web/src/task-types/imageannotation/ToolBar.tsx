import type { ToolName } from '../../canvas/stage-controller';
import { Icon } from '../../ui/Icon';
import styles from './ToolBar.module.css';

export const TOOLS: Record<ToolName, { name: string; key: string }> = {
  select: { name: 'Select', key: 'V' },
  pan: { name: 'Pan', key: 'Space' },
  box: { name: 'Box', key: 'B' },
  polygon: { name: 'Polygon', key: 'P' },
  line: { name: 'Line', key: 'L' },
  point: { name: 'Point', key: 'O' },
};

interface ToolBarProps {
  tools: ToolName[];
  tool: ToolName;
  onTool: (tool: ToolName) => void;
}

export function ToolBar({ tools, tool, onTool }: ToolBarProps) {
  return (
    <div role="radiogroup" aria-label="Tool" className={styles.bar}>
      {tools.map((name) => (
        <label key={name} className={styles.tool} title={`${TOOLS[name].name} (${TOOLS[name].key})`}>
          <input
            type="radio"
            name="tool"
            aria-label={TOOLS[name].name}
            aria-keyshortcuts={TOOLS[name].key}
            checked={tool === name}
            onChange={() => onTool(name)}
          />
          <Icon name={name} size={20} />
          <span aria-hidden="true">{TOOLS[name].name}</span>
        </label>
      ))}
    </div>
  );
}
