/** Finds a task type's folder by the type's name. Each folder is a chunk of its own. */
import type { AnyTaskType } from './definition';

const modules = import.meta.glob<{ definition: AnyTaskType }>('./*/index.tsx');

export function taskTypeNames(): string[] {
  return Object.keys(modules).map((path) => path.slice('./'.length, -'/index.tsx'.length));
}

/** The definition of a task type, or null for a type that this version has no workspace for. */
export async function loadTaskType(name: string): Promise<AnyTaskType | null> {
  const load = Object.hasOwn(modules, `./${name}/index.tsx`) ? modules[`./${name}/index.tsx`] : undefined;
  return load ? (await load()).definition : null;
}
