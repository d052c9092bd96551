import { queryOptions } from '@tanstack/react-query';

/** The server is asked for its version this often. */
export const ASK_EVERY_MS = 60_000;

/** The script that a page of the server starts with. Its name has a digest of the app, so it names the version. */
export function entryScript(html: string): string | null {
  return /<script type="module"[^>]* src="([^"]+)"/.exec(html)?.[1] ?? null;
}

function ownEntryScript(): string | null {
  return document.querySelector('script[type="module"][src]')?.getAttribute('src') ?? null;
}

/** Whether the server has another version of the app than this page runs. What is no page of it tells nothing. */
export async function isNewVersionReady(own = ownEntryScript()): Promise<boolean> {
  const answer = await fetch('/', { headers: { Accept: 'text/html' } });
  const served = answer.ok ? entryScript(await answer.text()) : null;
  return own !== null && served !== null && served !== own;
}

export const versionQuery = queryOptions({
  queryKey: ['app-version'],
  queryFn: () => isNewVersionReady(),
  initialData: false,
  staleTime: ASK_EVERY_MS,
  refetchInterval: ASK_EVERY_MS,
  refetchOnReconnect: 'always',
  retry: false,
});
