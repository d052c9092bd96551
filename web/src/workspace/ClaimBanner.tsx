import { useState } from 'react';
import { waitingTime } from '../lib/time';
import { Button } from '../ui/Button';
import { Dialog, DialogActions } from '../ui/Dialog';
import styles from './ClaimBanner.module.css';
import { type ClaimSession, type ClaimSnapshot, WARNING_SECONDS } from './claim-session';

interface ClaimBannerProps {
  session: ClaimSession;
  state: ClaimSnapshot;
  onLeave: () => void;
}

/** Says when the claim is about to end, is open elsewhere, or is gone. */
export function ClaimBanner({ session, state, onLeave }: ClaimBannerProps) {
  const [failure, setFailure] = useState<string | null>(null);

  async function takeOverHere() {
    setFailure(null);
    try {
      await session.takeOver();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : 'The task could not be opened here.');
    }
  }

  if (state.conflict !== null) {
    return (
      <Dialog title="Two drafts of this task">
        <p>This task was changed in another place too. Which work do you want to go on with?</p>
        <DialogActions>
          <Button onClick={() => session.resolveConflict('other')}>The other draft</Button>
          <Button look="primary" onClick={() => session.resolveConflict('this')}>
            The draft in this tab
          </Button>
        </DialogActions>
      </Dialog>
    );
  }
  switch (state.standing) {
    case 'elsewhere':
      return (
        <div role="alert" className={styles.banner}>
          <p>Open in another tab. {failure ?? 'Here it can only be read.'}</p>
          <Button small look="primary" onClick={takeOverHere}>
            Use here
          </Button>
        </div>
      );
    case 'lost':
      return (
        <div role="alert" className={styles.banner}>
          <p>This task went to another labeler. Your work stays on this device for 7 days.</p>
          <Button small onClick={onLeave}>
            Back to Work
          </Button>
        </div>
      );
    case 'canceled':
      return (
        <div role="alert" className={styles.banner}>
          <p>This task was canceled. There is nothing to hand in.</p>
          <Button small onClick={onLeave}>
            Back to Work
          </Button>
        </div>
      );
    case 'handed_in':
      return (
        <div role="alert" className={styles.banner}>
          <p>This task has been handed in already.</p>
          <Button small onClick={onLeave}>
            Back to Work
          </Button>
        </div>
      );
    case 'done':
      return null;
    case 'active':
      if (state.leaseSecondsLeft > WARNING_SECONDS) return null;
      return (
        <div role="alert" className={styles.banner}>
          <p>
            Still there? This task goes back to the queue
            {state.leaseSecondsLeft > 0 ? ` in ${waitingTime(state.leaseSecondsLeft)}` : ' now'}.
          </p>
          <Button small look="primary" onClick={() => session.keepWorking()}>
            Keep working
          </Button>
        </div>
      );
  }
}
