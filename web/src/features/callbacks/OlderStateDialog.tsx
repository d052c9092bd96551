import { Button } from '../../ui/Button';
import { Dialog, DialogActions } from '../../ui/Dialog';
import type { OlderState } from './resend';

interface OlderStateDialogProps {
  older: OlderState;
  /** Sends the newest state, by its id; null sends the older one that was asked for. */
  onSend: (newest: string | null) => void;
  onClose: () => void;
}

/** Asks before an older state goes out after a newer one: most receivers keep what arrives last. */
export function OlderStateDialog({ older: { text, newest }, onSend, onClose }: OlderStateDialogProps) {
  return (
    <Dialog title="The task has a newer state" onClose={onClose}>
      <p>{text}</p>
      <p>Many receivers keep what arrives last, so the older state would replace the newer one.</p>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" onClick={() => onSend(null)}>
          Send the older state
        </Button>
        {newest !== null && (
          <Button look="primary" data-autofocus onClick={() => onSend(newest.id)}>
            Send state {newest.sequence} instead
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}
