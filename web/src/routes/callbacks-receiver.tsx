import { useParams } from '@tanstack/react-router';
import { CallbackFrame } from '../features/callbacks/CallbackFrame';
import { TestReceiver } from '../features/callbacks/TestReceiver';
import { can, useSession } from '../features/session/use-session';
import { PageNotFound } from '../features/shell/PageNotFound';

/** `/:mode/callbacks/receiver` */
export function TestReceiverPage() {
  const { mode } = useParams({ from: '/shell/$mode/callbacks/receiver' });
  const session = useSession();
  if (!can(session, 'manage_callbacks')) return <PageNotFound />;
  return (
    <CallbackFrame mode={mode} title="Test receiver">
      {() => <TestReceiver mode={mode} mayAct />}
    </CallbackFrame>
  );
}
