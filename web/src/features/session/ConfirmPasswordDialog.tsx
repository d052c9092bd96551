import { ApiError, request } from '../../api/client';
import { element } from '../../lib/dom';
import buttonStyles from '../../ui/Button.module.css';
import { Dialog } from '../../ui/Dialog';
import { PlainForm } from './PlainForm';
import { useSession } from './use-session';

interface ConfirmPasswordDialogProps {
  /** What the password is asked for: "see this key". */
  to: string;
  onConfirmed: () => void;
  onClose: () => void;
}

/** Asks for the password once more before something that must not be done from a page left open. */
export function ConfirmPasswordDialog({ to, onConfirmed, onClose }: ConfirmPasswordDialogProps) {
  const { user } = useSession();
  const cancel = element('button', {
    type: 'button',
    className: `${buttonStyles.button} ${buttonStyles.secondary}`,
    textContent: 'Cancel',
    onclick: onClose,
  });
  return (
    <Dialog title="Confirm it is you" onClose={onClose}>
      <p>You logged in a while ago. Enter your password to {to}.</p>
      <PlainForm
        fields={[{ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' }]}
        submit="Confirm"
        sending="Confirming…"
        beside={[cancel]}
        username={user.email}
        fieldOfCode={{ wrong_password: 'password' }}
        onSubmit={async ({ password }) => {
          try {
            await request('POST', '/web/session/confirm', { password }, { withoutLogIn: true });
          } catch (error) {
            // Too many wrong ones end the session: what waits is sent again and opens the log-in.
            if (!(error instanceof ApiError && error.status === 401)) throw error;
          }
          onConfirmed();
        }}
      />
    </Dialog>
  );
}
