import { CopyButton } from '../ui/CopyButton';
import styles from './CodeBlock.module.css';

interface CodeBlockProps {
  text: string;
  /** Told to those who read the page by program; nothing is coloured by it. */
  language: string;
  /** What is copied: "Copied the example." */
  what?: string;
  /** The block's name, such as a file's. */
  title?: string | undefined;
}

/** A text in fixed-width letters that scrolls inside itself and can be copied. */
export function CodeBlock({ text, language, what = 'text', title }: CodeBlockProps) {
  return (
    <figure className={styles.block}>
      <figcaption className={styles.bar}>
        <span>{title}</span>
        <CopyButton text={text} what={what} small />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keys */}
      <pre className={styles.code} tabIndex={0} data-language={language}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}
