import type { Problem } from '../task-types/definition';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { ariaKey } from '../ui/shortcuts';
import type { ClaimSnapshot } from './claim-session';
import { emphasise } from './emphasise';
import styles from './WorkspaceFoot.module.css';

interface WorkspaceFootProps {
  problems: Problem[];
  failure: ClaimSnapshot['submitFailure'];
  submit: ClaimSnapshot['submit'];
  submitRefused: string | false;
  onProblem: (problem: Problem) => void;
  onSkip: () => void;
  onSubmit: () => void;
  onTakeBack: () => void;
}

export function WorkspaceFoot(props: WorkspaceFootProps) {
  const { problems, failure } = props;
  return (
    <footer className={styles.foot}>
      <div role="alert" className={styles.messages}>
        {problems.length > 0 ? (
          <ul className={styles.problems}>
            {problems.map((problem) => (
              <li key={`${problem.path} ${problem.message}`}>
                <Icon name="warning" />
                <button type="button" className={styles.problem} onClick={() => props.onProblem(problem)}>
                  {emphasise(problem.message)}
                </button>
              </li>
            ))}
          </ul>
        ) : (
          failure && (
            <p className={styles.failure}>
              <Icon name="warning" /> {failure.message}
              {failure.requestId && <> Reference {failure.requestId}</>}
            </p>
          )
        )}
      </div>
      {props.submit === 'queued' && (
        <p role="status" className={styles.queued}>
          No connection. Your answer is kept on this device and goes out by itself.{' '}
          <Button small onClick={props.onTakeBack}>
            Go on working
          </Button>
        </p>
      )}
      <div className={styles.buttons}>
        <Button aria-keyshortcuts={ariaKey('Shift+S')} onClick={props.onSkip}>
          Skip
        </Button>
        <Button
          look="primary"
          aria-keyshortcuts={ariaKey('Mod+Enter')}
          refused={props.submitRefused}
          aria-busy={props.submit === 'sending'}
          onClick={props.onSubmit}
        >
          Submit
        </Button>
      </div>
    </footer>
  );
}
