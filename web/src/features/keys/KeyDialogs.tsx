import type { Key, Mode } from '../../api/types';
import { CreateKeyDialog } from './CreateKeyDialog';
import { ExtendKeyDialog } from './ExtendKeyDialog';
import { ImportKeyDialog } from './ImportKeyDialog';
import { RevokeAllDialog } from './RevokeAllDialog';
import { RevokeKeyDialog } from './RevokeKeyDialog';
import { RollKeyDialog } from './RollKeyDialog';

/** The dialog that is open. It belongs to the page: a card may go away while its dialog still shows the outcome. */
export type KeyDialog =
  | { what: 'create' | 'import'; mode: Mode }
  | { what: 'roll' | 'revoke'; key: Key; kind: 'api' | 'callback' }
  | { what: 'extend'; key: Key; rolledAt: string }
  | { what: 'revoke-all' };

export interface KeyDialogProps {
  onClose: () => void;
  /** Tells what was done, above the cards. */
  onDone: (text: string) => void;
}

interface KeyDialogsProps extends KeyDialogProps {
  dialog: KeyDialog;
  /** Whether a new key can be shown only now. */
  shownOnce: boolean;
}

export function KeyDialogs({ dialog, shownOnce, ...props }: KeyDialogsProps) {
  switch (dialog.what) {
    case 'create':
      return <CreateKeyDialog mode={dialog.mode} shownOnce={shownOnce} {...props} />;
    case 'import':
      return <ImportKeyDialog mode={dialog.mode} {...props} />;
    case 'roll':
      return <RollKeyDialog apiKey={dialog.key} kind={dialog.kind} shownOnce={shownOnce} {...props} />;
    case 'revoke':
      return <RevokeKeyDialog apiKey={dialog.key} {...props} />;
    case 'extend':
      return <ExtendKeyDialog apiKey={dialog.key} rolledAt={dialog.rolledAt} {...props} />;
    case 'revoke-all':
      return <RevokeAllDialog {...props} />;
  }
}
