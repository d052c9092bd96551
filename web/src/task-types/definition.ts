import type { ComponentType } from 'react';
import type { ProblemAtPath } from '../api/client';
import type { AttachmentKind, WorkTask } from '../api/types';

/** What keeps an answer from being submitted. `path` leads into the response; the field that bears it takes the focus. */
export type Problem = ProblemAtPath;

export interface ChangeOptions {
  /** Changes with the same key that follow each other closely are one step of undo, as the letters of a word are. */
  mergeKey?: string;
}

export interface WorkspaceProps<Draft> {
  task: WorkTask;
  draft: Draft;
  /** The work may be looked at but not changed: it is open elsewhere, submitted or lost. */
  readOnly: boolean;
  problems: Problem[];
  change: (next: Draft, options?: ChangeOptions) => void;
}

export interface ReviewProps {
  type: string;
  params: Record<string, unknown>;
  response: unknown;
  attachments: { kind: AttachmentKind; url: string | null }[];
}

/** Everything the app knows about a task type. The rest of the app treats the draft as a sealed box. */
export interface TaskTypeDefinition<Draft> {
  /** The draft a task starts with: empty, or with the first guess that the customer sent. */
  initialDraft: (task: WorkTask) => Draft;
  /** Reads a stored draft, or null when it is not one of this type. */
  readDraft: (task: WorkTask, stored: unknown) => Draft | null;
  toResponse: (task: WorkTask, draft: Draft) => unknown;
  /** What is missing or wrong, in the order of the screen; empty when the answer can be submitted. */
  problems: (task: WorkTask, draft: Draft) => Problem[];
  Workspace: ComponentType<WorkspaceProps<Draft>>;
  /** Shows an answer on the task page; left out where JSON says it all. */
  Review?: ComponentType<ReviewProps>;
  /** Below this width of the window the type cannot be worked on. */
  minWidthPx: number;
}

/** A definition whose draft type is hidden. */
export type AnyTaskType = TaskTypeDefinition<unknown>;

/** Hides the draft type. Safe, since a draft only ever goes back to the definition that made it. */
export function defineTaskType<Draft>(definition: TaskTypeDefinition<Draft>): AnyTaskType {
  return definition as unknown as AnyTaskType;
}
