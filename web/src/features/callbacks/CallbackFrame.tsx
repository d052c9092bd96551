import type { ReactNode } from 'react';
import type { Mode } from '../../api/types';
import { PageHeading } from '../../ui/PageHeading';
import { can, useSession } from '../session/use-session';
import { RoleRefusal } from '../shell/RoleRefusal';
import { CallbackTabs } from './CallbackTabs';

interface CallbackFrameProps {
  mode: Mode;
  title: string;
  actions?: ReactNode;
  /** The page, for those who may see it: nothing is fetched for the others. */
  children: () => ReactNode;
}

/** What the pages about callbacks have in common: heading, tabs, and who may see them. */
export function CallbackFrame({ mode, title, actions, children }: CallbackFrameProps) {
  const session = useSession();
  if (!can(session, 'view_callbacks')) {
    return (
      <>
        <PageHeading title={title} />
        <RoleRefusal text="Callbacks are shown to Admins, Managers and Members." />
      </>
    );
  }
  return (
    <>
      <PageHeading title={title} actions={actions} />
      <CallbackTabs mode={mode} />
      {children()}
    </>
  );
}
