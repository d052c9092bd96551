import type { Mode } from '../../api/types';
import { counted } from '../../lib/money';
import { TypedConfirmDialog } from '../keys/TypedConfirmDialog';
import type { Target } from './types';
import { useTargetActions } from './use-target-actions';
import { countUpTo } from './words';

interface DiscardDialogProps {
  mode: Mode;
  target: Target;
  countsCappedAt: number;
  onDone: (text: string) => void;
  onClose: () => void;
}

/** Gives up what is held for a target, after its host was typed. */
export function DiscardDialog({ mode, target, countsCappedAt, onDone, onClose }: DiscardDialogProps) {
  const act = useTargetActions(mode);
  const host = target.target.replace(/^[a-z]+:(\/\/)?/, '');
  return (
    <TypedConfirmDialog
      title={`Discard ${countUpTo(target.held, countsCappedAt)} held ${target.held === 1 ? 'callback' : 'callbacks'}?`}
      label={`Type "${host}" to confirm`}
      wanted={host}
      action="Discard them"
      onClose={onClose}
      onConfirmed={async () => {
        const { discarded } = await act('discard', target.target);
        onDone(`${counted(discarded ?? 0, 'callback')} to ${target.target} discarded.`);
        onClose();
      }}
    >
      <p>
        They will not be sent to {target.target} and their tasks say so. This cannot be taken back, but each
        of them can still be sent again by hand.
      </p>
    </TypedConfirmDialog>
  );
}
