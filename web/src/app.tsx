import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './api/queries';
import { SessionGate } from './features/session/SessionGate';
import { createAppRouter } from './router';

/** Starts everything behind the log-in. */
export function startApp(root: HTMLElement): void {
  const queryClient = createQueryClient();
  const router = createAppRouter(queryClient);
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <SessionGate />
      </QueryClientProvider>
    </StrictMode>,
  );
}
