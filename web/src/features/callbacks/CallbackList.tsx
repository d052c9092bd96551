import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Mode } from '../../api/types';
import { Button } from '../../ui/Button';
import { EmptyState, LoadingState } from '../../ui/states';
import { FailureState } from '../shell/FailureState';
import { CallbackFilters } from './CallbackFilters';
import styles from './CallbackList.module.css';
import { CallbackTable } from './CallbackTable';
import { type CallbackFilter, isFiltered } from './filter';
import { callbacksQuery } from './queries';

interface CallbackListProps {
  mode: Mode;
  /** The filter that stands in the address. */
  filter: CallbackFilter;
  onFilter: (filter: CallbackFilter) => void;
  /** What to show when there is no callback at all. */
  empty: ReactNode;
}

/** Callbacks, newest first, with filters and pages that the address keeps. */
export function CallbackList({ mode, filter, onFilter, empty }: CallbackListProps) {
  const callbacks = useQuery(callbacksQuery(mode, filter));
  const page = callbacks.data;
  const noMatch = (
    <EmptyState title="No callback matches this filter.">
      <Button onClick={() => onFilter({})}>Show all callbacks</Button>
    </EmptyState>
  );
  return (
    <>
      <CallbackFilters filter={filter} onFilter={onFilter} />
      {callbacks.isPending && <LoadingState what="the callbacks" />}
      {callbacks.isError && (
        <FailureState
          what="The callbacks could not be loaded."
          error={callbacks.error}
          onTryAgain={() => void callbacks.refetch()}
        />
      )}
      {page?.callbacks.length === 0 && (isFiltered(filter) || filter.cursor !== undefined ? noMatch : empty)}
      {page !== undefined && page.callbacks.length > 0 && (
        <div aria-busy={callbacks.isPlaceholderData}>
          <CallbackTable mode={mode} callbacks={page.callbacks} />
          <div className={styles.pages}>
            {filter.cursor !== undefined && (
              <Link to="/$mode/callbacks" params={{ mode }} search={{ ...filter, cursor: undefined }}>
                Newest
              </Link>
            )}
            {page.next_cursor !== null && (
              <Link to="/$mode/callbacks" params={{ mode }} search={{ ...filter, cursor: page.next_cursor }}>
                Older
              </Link>
            )}
          </div>
        </div>
      )}
    </>
  );
}
