import { ConfirmPasswordDialog as Confirm } from '../session/ConfirmPasswordDialog';

/** Asks for the password once more before a key is shown. */
export function ConfirmPasswordDialog(props: { onConfirmed: () => void; onClose: () => void }) {
  return <Confirm to="see this key" {...props} />;
}
