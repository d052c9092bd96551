import { IconButton } from '../ui/Button';
import { Markdown } from '../ui/Markdown';
import styles from './Instruction.module.css';

/** What the customer asks for. Open at the start of every task; the labeler may close it. */
export function Instruction({ text, onClose }: { text: string | null; onClose: () => void }) {
  return (
    <section aria-label="Instructions" className={styles.instruction}>
      <div className={styles.text}>
        {text === null ? <p>The customer gave no instruction for this task.</p> : <Markdown text={text} />}
      </div>
      <IconButton icon="close" name="Close instructions" onClick={onClose} />
    </section>
  );
}
