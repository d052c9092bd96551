import { useEffect } from 'react';
import type { Mode } from '../../api/types';

/** Test mode has an icon of its own, so that two tabs side by side can be told apart. */
export function useFavicon(mode: Mode): void {
  useEffect(() => {
    document.getElementById('favicon')?.setAttribute('href', `/favicon-${mode}.svg`);
  }, [mode]);
}
