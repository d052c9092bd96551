import { useQuery } from '@tanstack/react-query';
import { queueQuery } from '../api/queries';
import type { WorkTask } from '../api/types';
import { counted } from '../lib/money';
import { Button, IconButton } from '../ui/Button';
import { ariaKey } from '../ui/shortcuts';
import type { SaveState } from './claim-session';
import styles from './WorkspaceHeader.module.css';

interface WorkspaceHeaderProps {
  task: WorkTask;
  save: SaveState;
  canUndo: boolean;
  canRedo: boolean;
  onUndo: () => void;
  onRedo: () => void;
  instructionOpen: boolean;
  onInstruction: () => void;
  onShortcuts: () => void;
  onLeave: () => void;
}

const SAVE_TEXTS: Record<SaveState, string> = {
  saved: 'Saved',
  saving: 'Saving…',
  offline: 'Offline: kept on this device',
  not_on_device: 'Offline: not kept on this device, leave the page open',
};

export function WorkspaceHeader(props: WorkspaceHeaderProps) {
  const { task } = props;
  const queue = useQuery(queueQuery);
  const title = task.project ?? 'Task without project';
  return (
    <header className={styles.header}>
      <IconButton icon="exit" name="Back to Work" onClick={props.onLeave} />
      <div className={styles.names}>
        <title>{`${title} · Work · Weighbridge`}</title>
        <h1>{title}</h1>
        {task.batch && <span className={styles.batch}>Task of batch {task.batch}</span>}
      </div>
      <p role="status" className={styles.status}>
        {SAVE_TEXTS[props.save]}
      </p>
      {queue.data && (
        <p role="status" className={styles.queue}>
          {counted(queue.data.waiting, 'task')} waiting
        </p>
      )}
      <div className={styles.buttons}>
        <IconButton
          icon="undo"
          name="Undo"
          shortcut={ariaKey('Mod+Z')}
          disabled={!props.canUndo}
          onClick={props.onUndo}
        />
        <IconButton
          icon="redo"
          name="Redo"
          shortcut={ariaKey('Mod+Shift+Z')}
          disabled={!props.canRedo}
          onClick={props.onRedo}
        />
        <Button
          look="plain"
          icon="book"
          aria-label="Instructions"
          aria-expanded={props.instructionOpen}
          aria-keyshortcuts="I"
          onClick={props.onInstruction}
        >
          <span className={styles.word}>Instructions</span>
        </Button>
        <Button
          look="plain"
          icon="keyboard"
          aria-label="Keyboard shortcuts"
          aria-keyshortcuts="?"
          onClick={props.onShortcuts}
        >
          <span className={styles.word}>Shortcuts</span>
        </Button>
      </div>
    </header>
  );
}
