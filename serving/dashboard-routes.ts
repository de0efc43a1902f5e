// The dashboard: its built files, and the one page that each of its addresses gives. What it may load is this origin alone.
// Built by `node dashboard/build.ts`; without that serving works as ever and these addresses say what is missing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../runtime/problem.ts';

const builtDashboard = fileURLToPath(new URL('../.tidemark/dashboard', import.meta.url));

/** Addresses of its pages; the page itself reads which one it is. */
const pages = ['/', '/pipeline', '/reports'] as const;

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

export function registerDashboardRoutes(app: FastifyInstance, folder: string = builtDashboard): void {
  void app.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => void reply.headers(securityHeaders));
    await scope.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: '/assets/',
      index: false,
      dotfiles: 'deny',
      preCompressed: true,
      suppressWarning: true, // the folder may be built later
      // The name holds a hash of the content.
      maxAge: '365d',
      immutable: true,
    });
    for (const page of pages) {
      scope.get(page, async (_request, reply) => {
        if (!existsSync(join(folder, 'index.html'))) throw notBuilt();
        return reply.sendFile('index.html', folder, { cacheControl: false }).header('cache-control', 'no-cache');
      });
    }
  });
}

function notBuilt(): Problem {
  return new Problem({
    code: 'dashboard-not-built',
    status: 503,
    title: 'Dashboard not built',
    detail: 'the dashboard is not built here; `node dashboard/build.ts` builds it. The API works without it',
  });
}
