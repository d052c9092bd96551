import type { TaskStatus } from '../../api/types';
import { Badge, type BadgeTone } from '../../ui/Badge';

export const STATUS_WORDS: Record<TaskStatus, string> = {
  pending: 'Pending',
  completed: 'Completed',
  canceled: 'Canceled',
  error: 'Error',
};

const TONES: Record<TaskStatus, BadgeTone> = {
  pending: 'waiting',
  completed: 'good',
  canceled: 'neutral',
  error: 'bad',
};

export function StatusBadge({ status }: { status: TaskStatus }) {
  return <Badge tone={TONES[status] ?? 'neutral'}>{STATUS_WORDS[status] ?? status}</Badge>;
}
