import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { mockServer } from './dev/mock-server.ts';

// `npm run dev` and `npm run preview` answer the app API from dev/mock-server.ts, unless
// WEIGHBRIDGE_SERVER names a running server (`http://127.0.0.1:8080`) to pass requests on to.
const server = process.env.WEIGHBRIDGE_SERVER;
const proxy = server
  ? Object.fromEntries(['/web', '/v1', '/v2', '/openapi.json', '/samples'].map((path) => [path, server]))
  : undefined;

export default defineConfig({
  plugins: [react(), ...(server ? [] : [mockServer()])],
  build: {
    target: 'es2023',
    // The content security policy allows no `data:` beyond pictures, and files are cached for good anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
  },
  server: { port: 5173, strictPort: true, ...(proxy ? { proxy } : {}) },
  preview: { port: 4173, strictPort: true, ...(proxy ? { proxy } : {}) },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    css: { modules: { classNameStrategy: 'non-scoped' } },
  },
});
