import { useState } from 'react';
import { apiPath } from '../../api/client';
import type { Key, Receipt } from '../../api/types';
import { shortTime } from '../../lib/time';
import { Dialog } from '../../ui/Dialog';
import type { KeyDialogProps } from './KeyDialogs';
import { isEnded, type Overlap, stillUsedBy } from './key-words';
import { NewKeyText } from './NewKeyText';
import { RollForm } from './RollForm';
import { useKeyRequests } from './use-key-requests';

interface RollKeyDialogProps extends KeyDialogProps {
  apiKey: Key;
  kind: 'api' | 'callback';
  shownOnce: boolean;
}

interface Rolled {
  key: Key;
  text: string;
  old: Key;
  receipt: Receipt;
}

/** Asks when the old key ends, makes the new one and shows its text. */
export function RollKeyDialog({ apiKey, kind, shownOnce, onClose }: RollKeyDialogProps) {
  const { change, passwordDialog } = useKeyRequests();
  const [rolled, setRolled] = useState<Rolled | null>(null);

  async function roll(overlap: Overlap) {
    setRolled(await change('POST', apiPath('web', 'keys', apiKey.key_id, 'roll'), { overlap }));
  }

  if (rolled) {
    const { old } = rolled;
    return (
      <Dialog title="The new key" onClose={onClose}>
        <p>
          {isEnded(old) || old.expires_at === null
            ? 'The old key has ended.'
            : `The old key works until ${shortTime(old.expires_at)}, then stops. Programs that still use it: ` +
              `${stillUsedBy(old, Date.now())}.`}
        </p>
        <NewKeyText
          text={rolled.text}
          receipt={rolled.receipt}
          shownOnce={shownOnce}
          chargesIn={kind === 'api' ? old.environment : null}
          onClose={onClose}
        />
      </Dialog>
    );
  }
  return (
    <Dialog title={`Roll ${apiKey.hint}?`} onClose={onClose}>
      <RollForm
        noun="key"
        atOnce={
          kind === 'api'
            ? 'Requests with the old key fail at once.'
            : 'Receivers that compare with the old key refuse callbacks from now on.'
        }
        onRoll={roll}
        onCancel={onClose}
      >
        {kind === 'api'
          ? 'A new key with the same name is made. Both work until the old one ends.'
          : 'Callbacks carry the new key in scale-callback-auth, and until the old one ends also that one, ' +
            'in scale-callback-auth-previous.'}
      </RollForm>
      {passwordDialog}
    </Dialog>
  );
}
