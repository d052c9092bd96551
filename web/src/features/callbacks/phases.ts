/** A try by phases: looking up the name, connecting with TLS, waiting for the answer. */
import type { Attempt, Limits } from './types';
import { duration } from './words';

export interface Phase {
  name: 'DNS' | 'connect' | 'wait';
  /** From the start of the try. */
  start_ms: number;
  took_ms: number;
}

type Times = Pick<Attempt, 'dns_ms' | 'connect_ms' | 'duration_ms'>;

/** The phases that took place, in order. What was not measured is left out. */
export function phasesOf({ dns_ms, connect_ms, duration_ms }: Times): Phase[] {
  const phases: Phase[] = [];
  let start_ms = 0;
  const add = (name: Phase['name'], took_ms: number | null) => {
    if (took_ms === null) return;
    phases.push({ name, start_ms, took_ms });
    start_ms += took_ms;
  };
  add('DNS', dns_ms);
  add('connect', connect_ms);
  // The rest of the time, once there was a connection to wait on.
  if (duration_ms !== null && connect_ms !== null) add('wait', Math.max(0, duration_ms - start_ms));
  return phases;
}

/** The phases in words, against the limits: "DNS 3 ms, connect 12 ms of 5 s, wait 480 ms; 495 ms of 15 s". */
export function phasesText(times: Times, { connect_ms, whole_ms }: Limits): string {
  const parts = phasesOf(times).map(
    ({ name, took_ms }) =>
      `${name} ${duration(took_ms)}${name === 'connect' ? ` of ${duration(connect_ms)}` : ''}`,
  );
  const whole = times.duration_ms === null ? null : `${duration(times.duration_ms)} of ${duration(whole_ms)}`;
  return [parts.join(', '), whole].filter(Boolean).join('; ');
}
