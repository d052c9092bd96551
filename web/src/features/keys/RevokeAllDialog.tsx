import type { Receipt } from '../../api/types';
import { counted } from '../../lib/money';
import type { KeyDialogProps } from './KeyDialogs';
import { receiptText } from './key-words';
import { TypedConfirmDialog } from './TypedConfirmDialog';
import { useKeyRequests } from './use-key-requests';

/** Ends every test key of the account. */
export function RevokeAllDialog({ onClose, onDone }: KeyDialogProps) {
  const { change, passwordDialog } = useKeyRequests();
  return (
    <>
      <TypedConfirmDialog
        title="Revoke all test keys?"
        label='Type "revoke all test keys"'
        wanted="revoke all test keys"
        action="Revoke them"
        onClose={onClose}
        onConfirmed={async () => {
          const answer = await change<{ revoked: number; receipt: Receipt }>('POST', '/web/keys/revoke-all', {
            environment: 'test',
          });
          onDone(`${counted(answer.revoked, 'test key')} revoked. ${receiptText(answer.receipt)}`);
          onClose();
        }}
      >
        <p>Requests with these keys fail at once. This cannot be taken back. Live keys go on working.</p>
      </TypedConfirmDialog>
      {passwordDialog}
    </>
  );
}
