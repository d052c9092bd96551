import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { PageHeading } from '../../ui/PageHeading';
import { FailureState } from './FailureState';

/** What stands in place of a page that failed to load or to draw. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <div>
      <PageHeading title="Something went wrong" />
      <FailureState
        what="This page could not be shown."
        error={error instanceof Error ? error : new Error(String(error))}
        onTryAgain={() => {
          reset();
          void router.invalidate();
        }}
      />
    </div>
  );
}
