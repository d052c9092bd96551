import { ApiError } from '../../api/client';
import { ErrorState } from '../../ui/states';
import { RoleRefusal } from './RoleRefusal';

interface FailureStateProps {
  /** What could not be done, as a sentence. */
  what: string;
  error: Error;
  onTryAgain?: () => void;
}

/** Turns a failed request into the fitting state: no permission, or an error with the server's own words. */
export function FailureState({ what, error, onTryAgain }: FailureStateProps) {
  if (error instanceof ApiError && error.status === 403) {
    return <RoleRefusal text={error.message} />;
  }
  return (
    <ErrorState
      what={what}
      reason={error instanceof ApiError || error.name === 'OfflineError' ? error.message : chunkText(error)}
      requestId={error instanceof ApiError ? error.requestId : null}
      {...(onTryAgain ? { onTryAgain } : {})}
    />
  );
}

/** A part of the app that cannot be fetched mostly means that the server has a newer version by now. */
function chunkText(error: Error): string {
  return /dynamically imported module|importing a module script/i.test(error.message)
    ? 'A part of the app could not be fetched. The server may have a new version: reload the page.'
    : error.message;
}
