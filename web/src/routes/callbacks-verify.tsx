import { useParams } from '@tanstack/react-router';
import { CallbackFrame } from '../features/callbacks/CallbackFrame';
import { Verifier } from '../features/callbacks/Verifier';

/** `/:mode/callbacks/verify` */
export function CallbackVerifierPage() {
  const { mode } = useParams({ from: '/shell/$mode/callbacks/verify' });
  return (
    <CallbackFrame mode={mode} title="Callback verifier">
      {() => <Verifier mode={mode} />}
    </CallbackFrame>
  );
}
