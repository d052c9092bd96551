import type { Mode } from '../../api/types';
import { Icon } from '../../ui/Icon';
import styles from './ModeSwitch.module.css';
import { useModeSwitch } from './use-mode-switch';

interface ModeSwitchProps {
  mode: Mode;
  /** Only a sign and a letter, where the side is folded. */
  folded?: boolean;
}

/** The Test / Live toggle. It opens the same page in the other mode, or its nearest parent, with a note. */
export function ModeSwitch({ mode, folded = false }: ModeSwitchProps) {
  const switchMode = useModeSwitch(mode);
  const word = mode === 'live' ? 'Live' : 'Test';
  return (
    <button
      type="button"
      role="switch"
      aria-checked={mode === 'live'}
      aria-label="Live mode"
      title={folded ? `${word} mode` : undefined}
      className={`${styles.switch} ${styles[mode]} ${folded ? styles.folded : ''}`}
      onClick={() => void switchMode()}
    >
      {folded ? (
        <span aria-hidden="true" className={styles.chosen}>
          <Icon name={mode === 'live' ? 'bolt' : 'flask'} /> {word.charAt(0)}
        </span>
      ) : (
        <>
          <span aria-hidden="true" className={mode === 'test' ? styles.chosen : styles.option}>
            <Icon name="flask" /> Test
          </span>
          <span aria-hidden="true" className={styles.track}>
            <span className={styles.thumb} />
          </span>
          <span aria-hidden="true" className={mode === 'live' ? styles.chosen : styles.option}>
            <Icon name="bolt" /> Live
          </span>
        </>
      )}
    </button>
  );
}
