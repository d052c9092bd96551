import { type ReactNode, useEffect, useRef } from 'react';
import styles from './PageHeading.module.css';

let pagesShown = 0;

/**
 * The page's one `h1`. It takes the focus when the page changes, so that a screen reader reads out where one is, and
 * names the browser tab.
 */
export function PageHeading({
  title,
  tabTitle = title,
  actions,
}: {
  title: string;
  /** The tab's text where it says more than the heading. */
  tabTitle?: string;
  actions?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    pagesShown += 1;
    // The first page of a visit leaves the focus at the top, where the skip link is.
    if (pagesShown > 1) heading.current?.focus();
  }, []);
  const prefix = window.location.pathname.startsWith('/test') ? '[Test] ' : '';
  return (
    <div className={styles.row}>
      <title>{`${prefix}${tabTitle} · Weighbridge`}</title>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
