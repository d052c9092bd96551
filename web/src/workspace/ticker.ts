/** Calls back twice a second, also while the page is hidden. Returns what stops it. */
export function startTicker(tick: () => void): () => void {
  try {
    const worker = new Worker(new URL('./ticker.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = tick;
    return () => worker.terminate();
  } catch {
    const timer = window.setInterval(tick, 500);
    return () => window.clearInterval(timer);
  }
}
