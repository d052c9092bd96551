import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Button, IconButton } from './Button';
import styles from './Dialog.module.css';

interface DialogProps {
  title: string;
  /** Called on Escape, on the close button and on a press beside the dialog; leave it out where there is no way around. */
  onClose?: () => void;
  wide?: boolean;
  children: ReactNode;
}

/**
 * A modal dialog: the browser traps the focus and gives it back when the dialog closes. The focus starts on what has the
 * attribute `data-autofocus`, else on the first control.
 */
export function Dialog({ title, onClose, wide = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    const before = document.activeElement;
    if (!element.open) element.showModal();
    element.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => {
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the key for it, and the browser sends it as `cancel`
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      className={wide ? `${styles.dialog} ${styles.wide}` : styles.dialog}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose?.();
      }}
    >
      <div className={styles.inside}>
        <header className={styles.head}>
          <h2 id={titleId}>{title}</h2>
          {onClose && <IconButton icon="close" name="Close" onClick={onClose} />}
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** The row of buttons at a dialog's foot. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}

interface SubmitActionsProps {
  /** The verb of the button that submits. */
  children: ReactNode;
  look?: 'primary' | 'danger';
  sending: boolean;
  onCancel: () => void;
}

/** The foot of a form in a dialog: Cancel, and what it is for. */
export function SubmitActions({ children, look = 'primary', sending, onCancel }: SubmitActionsProps) {
  return (
    <DialogActions>
      <Button onClick={onCancel}>Cancel</Button>
      <Button look={look} type="submit" aria-busy={sending}>
        {children}
      </Button>
    </DialogActions>
  );
}
