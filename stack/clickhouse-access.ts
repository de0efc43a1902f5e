// Who may speak to the ClickHouse front: programs of this machine that know the password, and never a web page. A page of
// any site can reach loopback, by a plain POST or by a name of its own that it points here; SQL here reads and writes files.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { EngineError } from './clickhouse-engine.ts';

/** Undefined for a request that a program on this machine made to this machine. A browser names itself by these headers. */
export function refuseWebPage(headers: IncomingHttpHeaders): EngineError | undefined {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    return refused(497, 'Requests of web pages are not answered', 'ACCESS_DENIED');
  }
  if (/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(headers.host ?? '')) return undefined;
  return refused(497, 'The Host header must name the loopback address', 'ACCESS_DENIED');
}

/** Undefined for the user `default` with this password; an empty password asks for none. */
export function refuseStranger(headers: IncomingHttpHeaders, password: string): EngineError | undefined {
  if (password === '') return undefined;
  const given = credentials(headers);
  if (given?.user === 'default' && isSame(given.password, password)) return undefined;
  return refused(
    516,
    'Authentication failed: password is incorrect, or there is no such user',
    'AUTHENTICATION_FAILED',
  );
}

function credentials(headers: IncomingHttpHeaders): { user: string; password: string } | undefined {
  const basic = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString();
    const colon = text.indexOf(':');
    return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  const { 'x-clickhouse-user': user = 'default', 'x-clickhouse-key': password } = headers;
  return typeof user === 'string' && typeof password === 'string' ? { user, password } : undefined;
}

function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function refused(code: number, what: string, name: string): EngineError {
  return new EngineError(code, `Code: ${code}. DB::Exception: ${what}. (${name})`);
}
