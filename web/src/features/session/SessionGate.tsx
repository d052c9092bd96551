import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { onSessionEnd } from '../../api/client';
import { sessionQuery } from '../../api/queries';
import { Dialog } from '../../ui/Dialog';
import { logInForm } from './log-in-form';
import { PlainForm } from './PlainForm';

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
      <PlainForm
        {...logInForm({
          email: before?.user.email ?? '',
          onLoggedIn: (session) => {
            if (before && before.user.id !== session.user.id) {
              // Another person has nothing to do with what is open here.
              window.location.assign('/');
              return;
            }
            queryClient.setQueryData(sessionQuery.queryKey, session);
            setAsking(false);
            for (const goOn of waiting.current.splice(0)) goOn();
          },
        })}
      />
    </Dialog>
  );
}
