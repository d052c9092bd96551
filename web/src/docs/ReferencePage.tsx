import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { PageHeading } from '../ui/PageHeading';
import { ErrorState, LoadingState } from '../ui/states';
import { keyProblem } from './basic-auth';
import { KeyField } from './KeyField';
import { LiveConfirmDialog } from './LiveConfirmDialog';
import styles from './ReferencePage.module.css';
import { readerKey } from './reader-key';
import type { Reference } from './reference';
import { agreeToCharges } from './try-it';

/** `/docs/reference`: every operation of /openapi.json, drawn by a library that is fetched here only. */
export function ReferencePage() {
  const holder = useRef<HTMLDivElement>(null);
  const reference = useRef<Reference | null>(null);
  const hash = useLocation({ select: (location) => location.hash });
  const [state, setState] = useState<'loading' | 'ready' | Error>('loading');
  const [asking, setAsking] = useState<((agreed: boolean) => void) | null>(null);

  useEffect(() => {
    let gone = false;
    const element = holder.current;
    import('./reference')
      .then(({ showReference }) => {
        if (gone || !element) return;
        reference.current = showReference(element, {
          askForCharge: () => new Promise((answer) => setAsking(() => answer)),
          onShown: () => setState('ready'),
        });
      })
      .catch((error: unknown) => setState(error instanceof Error ? error : new Error(String(error))));
    return () => {
      gone = true;
      reference.current?.end();
      reference.current = null;
    };
  }, []);

  useEffect(() => {
    if (state === 'ready' && hash) reference.current?.goTo(hash);
  }, [state, hash]);

  return (
    <div className={styles.page}>
      <PageHeading title="API reference" tabTitle="API reference · Docs" />
      <p className={styles.about}>
        Every call with its parameters and answers, from this server's own{' '}
        <a href="/openapi.json">openapi.json</a>. Enter a key once, open a call and press{' '}
        <strong>Try it!</strong>: the request goes to this server with the key as user name and a blank
        password.
      </p>
      <div className={styles.key}>
        <KeyField />
      </div>
      {state === 'loading' && <LoadingState what="the reference" />}
      {state instanceof Error && (
        <ErrorState
          what="The reference could not be shown."
          reason={state.message}
          onTryAgain={() => window.location.reload()}
        />
      )}
      <h2 className="visually-hidden">Calls</h2>
      <div ref={holder} className={styles.reference} />
      {asking && (
        <LiveConfirmDialog
          onClose={() => {
            asking(false);
            setAsking(null);
          }}
          onConfirmed={() => {
            if (!keyProblem(readerKey())) agreeToCharges(readerKey());
            asking(true);
            setAsking(null);
          }}
        />
      )}
    </div>
  );
}
