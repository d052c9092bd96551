import { type ReactNode, useEffect, useReducer, useRef, useState, useSyncExternalStore } from 'react';
import type { Claim, NextClaim, WorkTask } from '../api/types';
import type { AnyTaskType, ChangeOptions, Problem } from '../task-types/definition';
import { ShortcutDialog } from '../ui/ShortcutDialog';
import { ShortcutProvider, ShortcutTable, useShortcuts } from '../ui/shortcuts';
import { useViewportWidth } from '../ui/use-viewport-width';
import { ClaimBanner } from './ClaimBanner';
import { ClaimSession, chooseDraft } from './claim-session';
import { type DeviceDraft, forgetDeviceDrafts, saveDeviceDraft } from './device-drafts';
import { type DraftHistory, record, redo, startHistory, undo } from './draft-history';
import { Instruction } from './Instruction';
import { SkipDialog } from './SkipDialog';
import { isTabClaim, rememberTabClaim } from './tab-claims';
import { startTicker } from './ticker';
import styles from './Workspace.module.css';
import { WorkspaceFoot } from './WorkspaceFoot';
import { WorkspaceHeader } from './WorkspaceHeader';
import { WorkspaceActionsContext } from './workspace-actions';

interface WorkspaceProps {
  claim: Claim;
  task: WorkTask;
  /** Null where this version has no workspace for the type: the task can then only be skipped. */
  definition: AnyTaskType | null;
  deviceDraft: DeviceDraft | null;
  /** A line above the task that is not about it. */
  news?: ReactNode;
  onNext: (next: NextClaim) => void;
  onLeave: () => void;
}

type HistoryAction =
  | { type: 'record'; next: unknown; nowMs: number; mergeKey: string | null }
  | { type: 'undo' }
  | { type: 'redo' }
  | { type: 'replace'; draft: unknown };

function historyReducer(history: DraftHistory<unknown>, action: HistoryAction): DraftHistory<unknown> {
  switch (action.type) {
    case 'record':
      return record(history, action.next, action.nowMs, action.mergeKey);
    case 'undo':
      return undo(history);
    case 'redo':
      return redo(history);
    case 'replace':
      return startHistory(action.draft);
  }
}

/** The frame around a task: header, instruction, the type's own screen, and the foot with Skip and Submit. */
export function Workspace(props: WorkspaceProps) {
  const [table] = useState(() => new ShortcutTable());
  return (
    <ShortcutProvider table={table}>
      <OpenTask {...props} table={table} />
    </ShortcutProvider>
  );
}

function OpenTask({
  claim,
  task,
  definition,
  deviceDraft,
  news,
  onNext,
  onLeave,
  table,
}: WorkspaceProps & { table: ShortcutTable }) {
  const [chosen] = useState(() => chooseDraft(claim, deviceDraft));
  const [history, dispatch] = useReducer(historyReducer, null, () =>
    startHistory(openDraft(definition, task, chosen.draft)),
  );
  const draft = history.present;

  const nextRef = useRef(onNext);
  useEffect(() => {
    nextRef.current = onNext;
  });
  const [session] = useState(
    () =>
      new ClaimSession({
        claim: { ...claim, opened_here: claim.opened_here || isTabClaim(claim) },
        draft: chosen.draft,
        ahead: chosen.ahead,
        conflict: chosen.conflict,
        storeOnDevice: (stored) => saveDeviceDraft(claim.claim_id, stored),
        forgetOnDevice: () => forgetDeviceDrafts(claim.claim_id, Date.now()),
        onDraftReplaced: (replaced) =>
          dispatch({ type: 'replace', draft: openDraft(definition, task, replaced) }),
        onNext: (next) => nextRef.current(next),
        onOpenedHere: (epoch) => rememberTabClaim(claim.claim_id, epoch),
        now: () => Date.now(),
      }),
  );
  const state = useSyncExternalStore(session.subscribe, session.getSnapshot);
  useClaimLife(session);

  const [problems, setProblems] = useState<Problem[]>([]);
  const shownProblems = problems.length > 0 ? problems : (state.submitFailure?.problems ?? NO_PROBLEMS);
  const [dialog, setDialog] = useState<'none' | 'skip' | 'skip-attachment' | 'shortcuts'>('none');
  const [instructionOpen, setInstructionOpen] = useState(task.instruction !== null);
  const screen = useRef<HTMLDivElement>(null);
  const width = useViewportWidth();

  const readOnly = state.standing !== 'active' || state.submit !== 'idle';

  // Whatever put it there, a new draft goes to the device and the server.
  const known = useRef(draft);
  useEffect(() => {
    if (known.current === draft) return;
    known.current = draft;
    session.draftChanged(draft);
  }, [draft, session]);

  useEffect(() => {
    const first = shownProblems[0];
    if (first) focusProblem(screen.current, first.path);
  }, [shownProblems]);

  function change(next: unknown, options: ChangeOptions = {}) {
    if (readOnly) return;
    setProblems([]);
    dispatch({ type: 'record', next, nowMs: Date.now(), mergeKey: options.mergeKey ?? null });
  }

  function submit() {
    if (!definition || readOnly) return;
    const found = definition.problems(task, draft);
    setProblems(found);
    if (found.length === 0) void session.submit(definition.toResponse(task, draft));
  }

  const canUndo = history.past.length > 0 && !readOnly;
  const canRedo = history.future.length > 0 && !readOnly;
  const undoStep = () => canUndo && dispatch({ type: 'undo' });
  const redoStep = () => canRedo && dispatch({ type: 'redo' });

  useShortcuts([
    { keys: ['Mod+Enter'], name: 'Submit', group: 'Task', run: submit },
    { keys: ['Shift+S'], name: 'Skip', group: 'Task', run: () => setDialog('skip') },
    { keys: ['Mod+Z'], name: 'Undo', group: 'Task', run: undoStep },
    { keys: ['Mod+Shift+Z', 'Mod+Y'], name: 'Redo', group: 'Task', run: redoStep },
    {
      keys: ['I'],
      name: 'Instructions',
      group: 'Task',
      run: () => setInstructionOpen((open) => !open),
    },
    { keys: ['?'], name: 'Keyboard shortcuts', group: 'Task', run: () => setDialog('shortcuts') },
  ]);

  const tooNarrow = definition !== null && width < definition.minWidthPx;

  return (
    <WorkspaceActionsContext value={{ skipForAttachment: () => setDialog('skip-attachment') }}>
      <div
        className={styles.workspace}
        onPointerDownCapture={() => session.touch()}
        onKeyDownCapture={() => session.touch()}
        onWheelCapture={() => session.touch()}
      >
        <WorkspaceHeader
          task={task}
          save={state.save}
          canUndo={canUndo}
          canRedo={canRedo}
          onUndo={undoStep}
          onRedo={redoStep}
          instructionOpen={instructionOpen}
          onInstruction={() => setInstructionOpen(!instructionOpen)}
          onShortcuts={() => setDialog('shortcuts')}
          onLeave={onLeave}
        />
        {news}
        <ClaimBanner session={session} state={state} onLeave={onLeave} />
        {instructionOpen && <Instruction text={task.instruction} onClose={() => setInstructionOpen(false)} />}
        <main className={styles.screen} ref={screen}>
          {definition === null && (
            <p className={styles.note}>
              This version has no workspace for tasks of the type {task.type}. Skip the task; nothing is lost.
            </p>
          )}
          {tooNarrow && <p className={styles.note}>This task needs a wider screen.</p>}
          {definition !== null && !tooNarrow && (
            <definition.Workspace
              task={task}
              draft={draft}
              readOnly={readOnly}
              problems={shownProblems}
              change={change}
            />
          )}
        </main>
        <WorkspaceFoot
          problems={shownProblems}
          failure={state.submitFailure}
          submit={state.submit}
          submitRefused={
            definition === null
              ? 'This version cannot answer tasks of this type.'
              : tooNarrow
                ? 'This task needs a wider screen.'
                : state.standing !== 'active'
                  ? 'The task is not open here.'
                  : false
          }
          onProblem={(problem) => focusProblem(screen.current, problem.path)}
          onSkip={() => setDialog('skip')}
          onSubmit={submit}
          onTakeBack={() => session.cancelQueuedSubmit()}
        />
        {(dialog === 'skip' || dialog === 'skip-attachment') && (
          <SkipDialog
            startWith={dialog === 'skip-attachment' ? 'attachment_does_not_load' : null}
            onSkip={(reason, text) => session.skip(reason, text)}
            onClose={() => setDialog('none')}
          />
        )}
        {dialog === 'shortcuts' && <ShortcutDialog table={table} onClose={() => setDialog('none')} />}
      </div>
    </WorkspaceActionsContext>
  );
}

const NO_PROBLEMS: Problem[] = [];

function openDraft(definition: AnyTaskType | null, task: WorkTask, stored: unknown): unknown {
  if (definition === null) return null;
  const read = stored === null || stored === undefined ? null : definition.readDraft(task, stored);
  return read ?? definition.initialDraft(task);
}

/** Moves the focus to the field that bears the problem, or to the nearest one around it. */
function focusProblem(screen: HTMLElement | null, path: string): void {
  if (!screen) return;
  for (let at = path; at !== ''; at = at.replace(/(\.[^.[\]]+|\[[^\]]*\]|^[^.[\]]+)$/, '')) {
    const field = screen.querySelector<HTMLElement>(`[data-problem-path=${CSS.escape(at)}]`);
    if (field) {
      const inside = field.matches('input, textarea, select, button, [tabindex]')
        ? field
        : field.querySelector<HTMLElement>('input, textarea, select, button, [tabindex]');
      (inside ?? field).focus();
      field.scrollIntoView({ block: 'nearest' });
      return;
    }
  }
}

/** Runs the session while its workspace is on the screen. */
function useClaimLife(session: ClaimSession): void {
  useEffect(() => {
    session.resume();
    const stopTicker = startTicker(() => session.tick());
    const visibility = () => {
      if (document.visibilityState === 'hidden') session.pageHidden();
    };
    const closing = () => session.pageClosing();
    const back = (event: PageTransitionEvent) => {
      if (event.persisted) session.resume();
    };
    const leaving = (event: BeforeUnloadEvent) => {
      if (session.hasUnstoredWork()) event.preventDefault();
    };
    document.addEventListener('visibilitychange', visibility);
    window.addEventListener('pagehide', closing);
    window.addEventListener('pageshow', back);
    window.addEventListener('beforeunload', leaving);
    return () => {
      stopTicker();
      document.removeEventListener('visibilitychange', visibility);
      window.removeEventListener('pagehide', closing);
      window.removeEventListener('pageshow', back);
      window.removeEventListener('beforeunload', leaving);
      session.pageHidden();
      session.stop();
    };
  }, [session]);
}
