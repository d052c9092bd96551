import { useQueryClient } from '@tanstack/react-query';
import { apiPath, request } from '../../api/client';
import type { Mode } from '../../api/types';
import { callbacksKey } from './queries';
import type { Target } from './types';

type TargetAction = 'pause' | 'resume' | 'discard';

/** What a person may do to a target. Each fails as `request` does. */
export function useTargetActions(mode: Mode) {
  const queryClient = useQueryClient();
  return async (action: TargetAction, target: string) => {
    const answer = await request<{ target: Target; discarded?: number }>(
      'POST',
      apiPath('web', mode, 'callbacks', 'targets', action),
      { target },
    );
    void queryClient.invalidateQueries({ queryKey: callbacksKey(mode) });
    return answer;
  };
}
