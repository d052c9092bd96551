import type { Mode } from '../../api/types';

export interface Place {
  href: string;
  /** The place is there only if this project is. */
  needsProject?: string;
  /** Why the place is not the very same page. */
  note?: string;
}

/**
 * The same page in the other mode. Tasks, callbacks and claims have ids that the other mode never has, so their lists stand in
 * for them; a project may be there under the same name.
 */
export function placeInOtherMode(pathname: string, search: string, mode: Mode): Place {
  const [, , section, id] = pathname.split('/');
  switch (section) {
    case 'projects':
      if (id === undefined) return { href: `/${mode}/projects` };
      return { href: `/${mode}/projects/${id}`, needsProject: decodeURIComponent(id) };
    case 'tasks': {
      if (id === undefined) return { href: `/${mode}/tasks${withoutCursor(search)}` };
      return { href: `/${mode}/tasks`, note: `This task does not exist in ${mode} mode.` };
    }
    case 'callbacks': {
      if (id === undefined) return { href: `/${mode}/callbacks${withoutCursor(search)}` };
      if (id === 'verify' || id === 'receiver') return { href: `/${mode}/callbacks/${id}` };
      return { href: `/${mode}/callbacks`, note: `This callback does not exist in ${mode} mode.` };
    }
    case 'label':
      return { href: `/${mode}/label` };
    case 'api-keys':
    case 'usage':
      return { href: `/${mode}/${section}${search}` };
    default:
      return { href: `/${mode}` };
  }
}

/** A page cursor means something only in the mode that gave it. */
function withoutCursor(search: string): string {
  const query = new URLSearchParams(search);
  query.delete('next_token');
  query.delete('cursor');
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
