import { useQuery } from '@tanstack/react-query';
import { ApiError, OfflineError } from '../api/client';

export interface FetchedFile {
  /** Address of the bytes within this page. */
  objectUrl: string;
  /** The bytes read as UTF-8; empty for what is no text. */
  text: string;
}

/** Fetches an attachment from our own server, so that a failure comes with the server's own words. */
export function useAttachment(url: string | null) {
  return useQuery({
    queryKey: ['attachment', url],
    queryFn: ({ signal }) => fetchFile(url ?? '', signal),
    enabled: url !== null,
    staleTime: Number.POSITIVE_INFINITY,
    // The bytes stay with the browser until the page closes; a claim shows a handful of files at most.
    gcTime: 60_000,
    refetchOnWindowFocus: false,
  });
}

async function fetchFile(url: string, signal: AbortSignal): Promise<FetchedFile> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: 'same-origin', signal });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new OfflineError();
  }
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => null);
    const known = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    throw new ApiError(response.status, {
      error: `We could not load the attachment: the server answered ${response.status}.`,
      ...known,
    });
  }
  const blob = await response.blob();
  return {
    objectUrl: URL.createObjectURL(blob),
    text: blob.type.startsWith('text/') ? await blob.text() : '',
  };
}
