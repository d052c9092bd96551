import { use } from 'react';
import { Button } from '../../ui/Button';
import { PageHeading } from '../../ui/PageHeading';
import { EmptyState } from '../../ui/states';
import styles from './PageNotFound.module.css';
import { SearchContext } from './search-context';

/** For addresses that lead nowhere, and for things that are not there. */
export function PageNotFound() {
  const search = use(SearchContext);
  return (
    <>
      <PageHeading title="Page not found" />
      <EmptyState title="Nothing is at this address.">
        <p>
          Check the address for typing mistakes
          {search ? ', or search for a page, a project or a task.' : '.'}
        </p>
        <p className={styles.ways}>
          {search && (
            <Button icon="search" onClick={search}>
              Search
            </Button>
          )}
          <a href="/">Go to the start page</a>
        </p>
      </EmptyState>
    </>
  );
}
