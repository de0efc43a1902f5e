// The operator token: asked for by whatever writes outside ingest. Compared in constant time.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

/** Throws a 401 problem unless the request carries `Authorization: Bearer TOKEN`. */
export function requireOperator(request: FastifyRequest, operatorToken: string): void {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(given), digest(operatorToken))) return;
  throw new Problem({
    code: 'operator-token-required',
    status: 401,
    title: 'Operator token required',
    detail: 'send the header Authorization: Bearer TOKEN with TIDEMARK_OPERATOR_TOKEN',
  });
}
