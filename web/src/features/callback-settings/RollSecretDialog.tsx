import { apiPath } from '../../api/client';
import type { Mode, Receipt } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { type Overlap, receiptText } from '../keys/key-words';
import { RollForm } from '../keys/RollForm';
import { useKeyRequests } from '../keys/use-key-requests';
import type { SigningSecret } from './callback-settings';

interface RollSecretDialogProps {
  mode: Mode;
  secret: SigningSecret;
  onDone: (text: string) => void;
  onClose: () => void;
}

/** Asks when the old signing secret ends, and makes the new one. It can be revealed, so it is not shown here. */
export function RollSecretDialog({ mode, secret, onDone, onClose }: RollSecretDialogProps) {
  const { change, passwordDialog } = useKeyRequests();

  async function roll(overlap: Overlap) {
    const { receipt } = await change<{ receipt?: Receipt }>(
      'POST',
      apiPath('web', mode, 'signing-secrets', 'roll'),
      { overlap: overlap === 'now' ? '0' : overlap },
    );
    const place = receipt ? ` ${receiptText(receipt)}` : '';
    onDone(`A new signing secret of ${mode} mode signs. Give it to your receivers.${place}`);
    onClose();
  }

  return (
    <Dialog title={`Roll the ${mode} signing secret ${secret.hint}?`} onClose={onClose}>
      <RollForm
        noun="secret"
        atOnce="Receivers that check with the old secret refuse callbacks from now on, those that wait included."
        onRoll={roll}
        onCancel={onClose}
      >
        A new secret and a new pair of keys are made. Until the old ones end, each callback is signed with
        both, and a receiver that knows either accepts it.
      </RollForm>
      {passwordDialog}
    </Dialog>
  );
}
