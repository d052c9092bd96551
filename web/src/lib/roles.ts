import type { Role } from '../api/types';

/** Roles in words, the most powerful first. */
export const ROLES: Record<Role, { name: string; may: string }> = {
  admin: { name: 'Admin', may: 'everything, the team and its roles included.' },
  manager: { name: 'Manager', may: 'API keys, usage, and the team of Members and Labelers.' },
  member: { name: 'Member', may: 'projects, batches and tasks; no API keys.' },
  labeler: { name: 'Labeler', may: 'labels the tasks that are handed out.' },
};

export const ROLES_BY_POWER = Object.keys(ROLES) as Role[];
