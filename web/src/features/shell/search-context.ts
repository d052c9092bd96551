import { createContext } from 'react';

/** Opens the search; null outside of the shell, where there is none. */
export const SearchContext = createContext<(() => void) | null>(null);
