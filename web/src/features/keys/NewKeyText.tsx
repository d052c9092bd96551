import type { Mode, Receipt } from '../../api/types';
import { Button } from '../../ui/Button';
import { CopyButton } from '../../ui/CopyButton';
import { DialogActions } from '../../ui/Dialog';
import styles from './KeyCard.module.css';
import { receiptText } from './key-words';

interface NewKeyTextProps {
  text: string;
  receipt: Receipt;
  shownOnce: boolean;
  /** Of an API key; a callback auth key causes no charges. */
  chargesIn: Mode | null;
  onClose: () => void;
}

/** A new key, shown to whoever made it. */
export function NewKeyText({ text, receipt, shownOnce, chargesIn, onClose }: NewKeyTextProps) {
  return (
    <>
      <p className={styles.key}>
        <code>{text}</code>
      </p>
      <p>
        <CopyButton text={text} what="key" />
      </p>
      {chargesIn === 'live' && (
        <p className={styles.warning}>
          Anyone with this key can act for your account in live mode and cause charges. Keep it on servers.
        </p>
      )}
      <p>
        {shownOnce
          ? 'Copy it now: it is shown this once and cannot be revealed later.'
          : 'You can reveal it again on this page.'}
      </p>
      <p>{receiptText(receipt)}</p>
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </>
  );
}
