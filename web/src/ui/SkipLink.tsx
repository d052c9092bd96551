import styles from './SkipLink.module.css';

/** The first thing that the Tab key reaches: past what is the same on every page, to `#main`. */
export function SkipLink() {
  return (
    <a href="#main" className={styles.skip}>
      Skip to the page
    </a>
  );
}
