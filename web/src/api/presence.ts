/**
 * Whether somebody is at the page. A session lives on what a person does; requests that the page makes by itself must
 * not keep it alive, so they carry a header that says so.
 */

/** What the page asks within this time of a press or a key is taken as asked by the person. */
const PRESENT_MS = 5000;

/** Marks a request that nobody caused; its value is `1`. */
export const BACKGROUND_HEADER = 'Weighbridge-Background';

// Opening the page is somebody's doing too.
let lastActAt = Date.now();

/** Notes that a person did something. */
export function noteAct(): void {
  lastActAt = Date.now();
}

/** Whether a request made now is the page's own doing. */
export function isUnattended(): boolean {
  return Date.now() - lastActAt > PRESENT_MS;
}

for (const name of ['pointerdown', 'keydown', 'wheel', 'popstate']) {
  window.addEventListener(name, noteAct, { capture: true, passive: true });
}
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') noteAct();
});
