import { createContext } from 'react';

/** What a task type's screen may ask of the frame around it. */
export interface WorkspaceActions {
  /** Opens the skip dialog with the reason that the attachment does not load. */
  skipForAttachment: () => void;
}

export const WorkspaceActionsContext = createContext<WorkspaceActions | null>(null);
