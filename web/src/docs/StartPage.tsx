import { Link } from '@tanstack/react-router';
import { PageHeading } from '../ui/PageHeading';
import { GUIDE_GROUPS } from './guides';
import styles from './StartPage.module.css';

/** `/docs`: what there is to read. */
export function StartPage() {
  return (
    <div className={styles.page}>
      <PageHeading title="Documentation" tabTitle="Docs" />
      <p className={styles.about}>
        Your programs send tasks, people do them, the answers come back. Every example here is a real call to
        this server: enter your test key, press <strong>Try it!</strong>, and see what happens.
      </p>
      {GUIDE_GROUPS.map(({ name, guides }) => (
        <section key={name} aria-label={name}>
          <h2>{name}</h2>
          <ul className={styles.cards}>
            {guides.map(({ slug, title, about }) => (
              <li key={slug}>
                <Link to="/docs/$guide" params={{ guide: slug }} className={styles.card}>
                  <strong>{title}</strong>
                  <span>{about}</span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <section aria-label="Look up">
        <h2>Look up</h2>
        <ul className={styles.cards}>
          <li>
            <Link to="/docs/reference" className={styles.card}>
              <strong>API reference</strong>
              <span>Every call with its parameters and answers</span>
            </Link>
          </li>
        </ul>
      </section>
    </div>
  );
}
