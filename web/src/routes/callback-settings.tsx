import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CallbackSettingsForm } from '../features/callback-settings/CallbackSettingsForm';
import { callbackSettingsQuery, saveCallbackSettings } from '../features/callback-settings/callback-settings';
import { useRecentLogIn } from '../features/session/use-recent-log-in';
import { can, useSession } from '../features/session/use-session';
import { FailureState } from '../features/shell/FailureState';
import { RoleRefusal } from '../features/shell/RoleRefusal';
import { PageHeading } from '../ui/PageHeading';
import { LoadingState } from '../ui/states';

/** `/settings/callbacks`: what the account has decided about its callbacks, in both modes. For Admins and Managers. */
export function CallbackSettingsPage() {
  const session = useSession();
  const permitted = can(session, 'set_callback_settings');
  const queryClient = useQueryClient();
  const settings = useQuery({ ...callbackSettingsQuery, enabled: permitted });
  const { withRecentLogIn, question } = useRecentLogIn('change callback settings');
  return (
    <>
      <PageHeading title="Callback settings" />
      {!permitted && <RoleRefusal text="Only Admins and Managers change callback settings." />}
      {permitted && settings.isPending && <LoadingState what="the settings" />}
      {permitted && settings.isError && !settings.data && (
        <FailureState
          what="The settings could not be loaded."
          error={settings.error}
          onTryAgain={() => void settings.refetch()}
        />
      )}
      {permitted && settings.data && (
        <CallbackSettingsForm
          saved={settings.data}
          onSave={async (change) => {
            await withRecentLogIn(() => saveCallbackSettings(change));
            await queryClient.invalidateQueries({ queryKey: callbackSettingsQuery.queryKey });
          }}
        />
      )}
      {question}
    </>
  );
}
