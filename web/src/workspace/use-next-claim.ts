import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { claimQuery, queueQuery } from '../api/queries';
import type { NextClaim } from '../api/types';
import { showNotice } from '../features/shell/notice';

/** Opens the claim that came with an answer to submit or skip; without one, the Work page waits for more. */
export function useNextClaim(): (answer: NextClaim) => void {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return ({ next }) => {
    void queryClient.invalidateQueries({ queryKey: queueQuery.queryKey });
    const claimId = next?.claim?.claim_id;
    if (next && claimId !== undefined) {
      queryClient.setQueryData(claimQuery(claimId).queryKey, next);
      void navigate({ to: '/$mode/label/$claimId', params: { mode: 'live', claimId }, replace: true });
    } else {
      showNotice(null);
      void navigate({
        to: '/$mode/label',
        params: { mode: 'live' },
        search: { waiting: true },
        replace: true,
      });
    }
  };
}
