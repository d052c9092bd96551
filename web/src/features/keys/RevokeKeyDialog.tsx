import { apiPath } from '../../api/client';
import type { Key, Receipt } from '../../api/types';
import type { KeyDialogProps } from './KeyDialogs';
import { lastFour, receiptText } from './key-words';
import { TypedConfirmDialog } from './TypedConfirmDialog';
import { useKeyRequests } from './use-key-requests';

/** Ends a key for good. */
export function RevokeKeyDialog({ apiKey, onClose, onDone }: KeyDialogProps & { apiKey: Key }) {
  const { change, passwordDialog } = useKeyRequests();
  return (
    <>
      <TypedConfirmDialog
        title={`Revoke ${apiKey.name}?`}
        label="Type the last four characters of the key"
        wanted={lastFour(apiKey)}
        action="Revoke key"
        onClose={onClose}
        onConfirmed={async () => {
          const answer = await change<{ receipt: Receipt }>(
            'POST',
            apiPath('web', 'keys', apiKey.key_id, 'revoke'),
          );
          onDone(`Key ${apiKey.hint} is revoked. ${receiptText(answer.receipt)}`);
          onClose();
        }}
      >
        <p>
          <code>{apiKey.hint}</code>: Requests with this key fail at once. This cannot be taken back.
        </p>
      </TypedConfirmDialog>
      {passwordDialog}
    </>
  );
}
