import type { ComponentProps, ReactNode } from 'react';
import styles from './Button.module.css';
import { Icon, type IconName } from './Icon';

export type ButtonLook = 'primary' | 'secondary' | 'danger' | 'plain';

interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  look?: ButtonLook;
  icon?: IconName;
  small?: boolean;
  /** Why the button does nothing now. The button stays in the tab order and says so. */
  refused?: string | false | undefined;
  children: ReactNode;
}

/** A button. A refused action stays visible, with its reason. */
export function Button({
  look = 'secondary',
  icon,
  small = false,
  refused = false,
  children,
  onClick,
  className,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      title={refused || undefined}
      {...rest}
      aria-disabled={refused ? true : undefined}
      className={[styles.button, styles[look], small ? styles.small : '', className ?? ''].join(' ')}
      onClick={refused ? (event) => event.preventDefault() : onClick}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'disabled' | 'children'> {
  icon: IconName;
  /** The accessible name. */
  name: string;
  /** Key hint in the form of `aria-keyshortcuts`; also shown in the tooltip. */
  shortcut?: string | undefined;
  disabled?: boolean | undefined;
}

/** A button that shows an icon only; its name is read out and shown as a tooltip. */
export function IconButton({ icon, name, shortcut, className, disabled, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={name}
      title={shortcut ? `${name} (${shortcut})` : name}
      aria-keyshortcuts={shortcut}
      aria-disabled={disabled ? true : undefined}
      {...rest}
      onClick={disabled ? (event) => event.preventDefault() : rest.onClick}
      className={[styles.button, styles.plain, styles.iconOnly, className ?? ''].join(' ')}
    >
      <Icon name={icon} />
    </button>
  );
}
