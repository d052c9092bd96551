import { useQuery } from '@tanstack/react-query';
import { useAttachment } from '../../workspace/use-attachment';

/** The picture of a task, fetched and decoded. The browser turns it as its EXIF orientation says. */
export function usePicture(url: string | null) {
  const file = useAttachment(url);
  const objectUrl = file.data?.objectUrl;
  const picture = useQuery({
    queryKey: ['picture', objectUrl],
    queryFn: () => decode(objectUrl ?? ''),
    enabled: objectUrl !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
    retry: false,
    refetchOnWindowFocus: false,
  });
  return {
    picture: picture.data ?? null,
    error: file.error ?? picture.error,
    retry: () => void (file.isError ? file.refetch() : picture.refetch()),
  };
}

async function decode(objectUrl: string): Promise<HTMLImageElement> {
  const picture = new Image();
  picture.src = objectUrl;
  try {
    await picture.decode();
  } catch {
    throw new Error('The file is no picture that this browser can show.');
  }
  return picture;
}
