import { CopyButton } from '../ui/CopyButton';
import styles from './CodeBlock.module.css';

/** What stands over a block that has no name of its own. */
const LANGUAGE_NAMES: Record<string, string> = { sh: 'Shell', json: 'JSON', python: 'Python', js: 'Node' };

interface CodeBlockProps {
  text: string;
  /** Told to those who read the page by program; nothing is coloured by it. */
  language: string;
  /** What is copied: "Copied the example." */
  what?: string;
  /** The block's name, such as a file's. */
  title?: string | undefined;
  /** Long texts scroll up and down as well. */
  low?: boolean;
}

/** A text in fixed-width letters that scrolls inside itself and can be copied. */
export function CodeBlock({ text, language, what = 'text', title, low = false }: CodeBlockProps) {
  const codeStyle = low ? `${styles.code} ${styles.low}` : styles.code;
  return (
    <figure className={styles.block}>
      <figcaption className={styles.bar}>
        <span>{title ?? LANGUAGE_NAMES[language]}</span>
        <CopyButton text={text} what={what} small />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keys */}
      <pre className={codeStyle} tabIndex={0} data-language={language}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}
