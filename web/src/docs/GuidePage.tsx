import { useLoaderData, useLocation, useParams } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { PageHeading } from '../ui/PageHeading';
import { CallPanel } from './CallPanel';
import { exampleCalls } from './calls';
import { GuideBlocks } from './GuideBlocks';
import styles from './GuidePage.module.css';
import { parseGuide, type Section } from './guide-sections';
import { GUIDES } from './guides';

/** `/docs/:guide`: the text at the left, the calls of each section at its right. */
export function GuidePage() {
  const { guide: slug } = useParams({ from: '/docs/$guide' });
  const text = useLoaderData({ from: '/docs/$guide' });
  const guide = useMemo(() => parseGuide(text), [text]);
  const withCalls = guide.sections.some(({ calls }) => calls.length > 0);
  useScrollToHash(slug);
  return (
    <article key={slug} className={withCalls ? styles.page : `${styles.page} ${styles.single}`}>
      <div className={styles.title}>
        <PageHeading title={guide.title} tabTitle={`${guide.title} · Docs`} />
        <p className={styles.about}>{GUIDES.find((one) => one.slug === slug)?.about}.</p>
        <Contents sections={guide.sections} />
      </div>
      {guide.sections.map((section) => (
        <GuideSection key={section.id} section={section} />
      ))}
    </article>
  );
}

function GuideSection({ section }: { section: Section }) {
  const calls = useMemo(() => {
    const known = exampleCalls(window.location.origin);
    return section.calls.map((id) => {
      const call = known.find((one) => one.id === id);
      if (!call) throw new Error(`there is no example call "${id}"`);
      return call;
    });
  }, [section]);
  return (
    <section
      className={styles.section}
      {...(section.id ? { 'aria-labelledby': section.id } : { 'aria-label': 'Introduction' })}
    >
      <div className={styles.text}>
        {section.id && (
          <h2 id={section.id}>
            {section.title}{' '}
            <a href={`#${section.id}`} aria-label={`Link to ${section.title}`}>
              #
            </a>
          </h2>
        )}
        <GuideBlocks blocks={section.blocks} />
      </div>
      {calls.length > 0 && (
        <div className={styles.calls}>
          {calls.map((call) => (
            <CallPanel key={call.id} call={call} />
          ))}
        </div>
      )}
    </section>
  );
}

function Contents({ sections }: { sections: Section[] }) {
  const named = sections.filter(({ id }) => id !== '');
  if (named.length < 3) return null;
  return (
    <nav aria-label="On this page" className={styles.contents}>
      <ul>
        {named.map(({ id, title }) => (
          <li key={id}>
            <a href={`#${id}`}>{title}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The text is drawn after the address is known, so the browser does not go to the fragment by itself. */
function useScrollToHash(slug: string) {
  const hash = useLocation({ select: (location) => location.hash });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another guide may have the same fragment
  useEffect(() => {
    if (hash) document.getElementById(hash)?.scrollIntoView();
  }, [hash, slug]);
}
