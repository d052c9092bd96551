import { useNavigate, useRouterState } from '@tanstack/react-router';
import { ApiError, apiPath, request } from '../../api/client';
import type { Mode } from '../../api/types';
import { modeOfPath, rememberMode } from './last-mode';
import { showNotice } from './notice';
import { placeInOtherMode } from './other-mode';

/** Opens the same page in the other mode, or its nearest parent, with a note. */
export function useModeSwitch(mode: Mode): () => Promise<void> {
  const navigate = useNavigate();
  const location = useRouterState({ select: (state) => state.location });
  const other: Mode = mode === 'live' ? 'test' : 'live';

  return async () => {
    if (modeOfPath(location.pathname) === null) {
      // The page is the same in both modes.
      rememberMode(other);
      return;
    }
    const place = placeInOtherMode(location.pathname, location.searchStr, other);
    if (place.needsProject !== undefined) {
      const exists = await projectExists(other, place.needsProject);
      if (!exists) {
        showNotice(`${place.needsProject} does not exist in ${other} mode.`);
        await navigate({ href: `/${other}/projects` });
        return;
      }
    }
    showNotice(place.note ?? null);
    await navigate({ href: place.href });
  };
}

/** Whether to go there: only a clear "not found" says no; any other failure is shown by the page itself. */
async function projectExists(mode: Mode, name: string): Promise<boolean> {
  try {
    await request('GET', apiPath('web', mode, 'projects', name));
    return true;
  } catch (error) {
    return !(error instanceof ApiError && error.status === 404);
  }
}
