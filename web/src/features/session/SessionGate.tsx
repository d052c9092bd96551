import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { onSessionEnd } from '../../api/client';
import { sessionQuery } from '../../api/queries';
import type { Session } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { createLogInForm } from './log-in-form';

/**
 * Shows the log-in above whatever is open when the session has ended. Nothing below is unmounted; the requests that
 * were refused wait, and go on after the log-in.
 */
export function SessionGate() {
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const waiting = useRef<(() => void)[]>([]);

  useEffect(() => {
    onSessionEnd(() => {
      setAsking(true);
      return new Promise((resolve) => waiting.current.push(resolve));
    });
    return () => onSessionEnd(null);
  }, []);

  if (!asking) return null;

  const before = queryClient.getQueryData(sessionQuery.queryKey);
  return (
    <Dialog title="Log in">
      <p>Your session has ended. Log in to go on; what you see here is kept.</p>
      <LogInForm
        email={before?.user.email ?? ''}
        onLoggedIn={(session) => {
          if (before && before.user.id !== session.user.id) {
            // Another person has nothing to do with what is open here.
            window.location.assign('/');
            return;
          }
          queryClient.setQueryData(sessionQuery.queryKey, session);
          setAsking(false);
          for (const goOn of waiting.current.splice(0)) goOn();
        }}
      />
    </Dialog>
  );
}

function LogInForm({ email, onLoggedIn }: { email: string; onLoggedIn: (session: Session) => void }) {
  const holder = useRef<HTMLDivElement>(null);
  const loggedIn = useRef(onLoggedIn);
  useEffect(() => {
    loggedIn.current = onLoggedIn;
  });
  useEffect(() => {
    const form = createLogInForm({ email, onLoggedIn: (session) => loggedIn.current(session) });
    holder.current?.replaceChildren(form);
    form.querySelector<HTMLInputElement>('input[autofocus]')?.focus();
  }, [email]);
  return <div ref={holder} />;
}
