import { type FormEvent, useId, useState } from 'react';
import { request } from '../../api/client';
import { Button } from '../../ui/Button';
import { Dialog, DialogActions } from '../../ui/Dialog';
import { logInFailureText } from '../session/log-in-form';

/** Asks for the password once more before something that must not be done from a page left open. */
export function ConfirmPasswordDialog({
  onConfirmed,
  onClose,
}: {
  onConfirmed: () => void;
  onClose: () => void;
}) {
  const id = useId();
  const [password, setPassword] = useState('');
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  async function confirm(event: FormEvent) {
    event.preventDefault();
    if (sending) return;
    if (password === '') {
      setFailure('Password is required.');
      return;
    }
    setSending(true);
    setFailure(null);
    try {
      await request('POST', '/web/session/confirm', { password }, { withoutLogIn: true });
      onConfirmed();
    } catch (error) {
      setFailure(logInFailureText(error));
      setSending(false);
    }
  }

  return (
    <Dialog title="Confirm it is you" onClose={onClose}>
      <form onSubmit={confirm}>
        <p>You logged in a while ago. Enter your password to see this key.</p>
        <p>
          <label htmlFor={id}>Password</label>
          <input
            id={id}
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            aria-invalid={failure !== null}
            aria-describedby={`${id}-failure`}
          />
        </p>
        <p id={`${id}-failure`} role="alert">
          {failure}
        </p>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" aria-busy={sending}>
            Confirm
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
