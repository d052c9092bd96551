import { useParams } from '@tanstack/react-router';
import { CallbackFrame } from '../features/callbacks/CallbackFrame';
import { TestReceiver } from '../features/callbacks/TestReceiver';
import { can, useSession } from '../features/session/use-session';

/** `/:mode/callbacks/receiver` */
export function TestReceiverPage() {
  const { mode } = useParams({ from: '/shell/$mode/callbacks/receiver' });
  const session = useSession();
  return (
    <CallbackFrame mode={mode} title="Test receiver">
      {() => <TestReceiver mode={mode} mayAct={can(session, 'manage_callbacks')} />}
    </CallbackFrame>
  );
}
