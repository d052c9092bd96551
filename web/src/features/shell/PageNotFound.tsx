import { PageHeading } from '../../ui/PageHeading';
import { EmptyState } from '../../ui/states';

/** For addresses that lead nowhere, and for things that are not there. */
export function PageNotFound() {
  return (
    <>
      <PageHeading title="Page not found" />
      <EmptyState title="Nothing is at this address.">
        <p>Check the address for typing mistakes, or go on from the menu.</p>
        <p>
          <a href="/">Go to the start page</a>
        </p>
      </EmptyState>
    </>
  );
}
