import { Badge } from '../../ui/Badge';
import { STATE_WORDS } from './filter';
import type { CallbackState } from './types';
import { STATE_TONES } from './words';

export function StateBadge({ state }: { state: CallbackState }) {
  return <Badge tone={STATE_TONES[state] ?? 'neutral'}>{STATE_WORDS[state] ?? state}</Badge>;
}
