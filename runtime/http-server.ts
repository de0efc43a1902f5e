// The HTTP server of every service: bounds on sizes and times, problem documents, /livez, /readyz and /metrics. One that
// listens on loopback answers only to the names of loopback. While it closes, requests under way are finished, new ones
// refused, and what is not done after `drainMs` is cut.
import { maxHeaderSize } from 'node:http';
import type { Socket } from 'node:net';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Registry } from 'prom-client';
import { shown } from '../schemas/order-event.ts';
import type { Logger } from './logger.ts';
import { Problem, type ProblemFields, problemDocument } from './problem.ts';

export interface HttpServerOptions {
  readonly log: Logger;
  readonly bodyLimitBytes?: number;
  readonly requestTimeoutMs?: number;
  /** undefined when ready, else what it waits for. */
  readonly waitingFor: () => string | undefined;
  readonly metrics?: Registry;
  readonly drainMs?: number;
  /** Requests to the API that are worked on at a time; more are told to come again. */
  readonly maxRequests?: number;
}

export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { log, waitingFor, metrics } = options;
  const app = fastify({
    loggerInstance: log.child({}, { level: requestLogLevel(log.level) }) as FastifyBaseLogger,
    bodyLimit: options.bodyLimitBytes ?? 64 * 1024,
    requestTimeout: options.requestTimeoutMs ?? 30_000,
    connectionTimeout: 120_000,
    keepAliveTimeout: 72_000,
    http: { headersTimeout: 10_000 },
    routerOptions: { maxParamLength: 200 },
    // `true` would cut requests under way, and a 503 of Fastify's own is no problem document.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, problemOf(error));
    },
    clientErrorHandler: refuseUnreadable,
  });
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    const cut = setTimeout(() => app.server.closeAllConnections(), options.drainMs ?? 5_000).unref();
    app.server.once('close', () => clearTimeout(cut));
    done();
  });
  app.addHook('onRequest', (_request, _reply, done) => {
    if (closing) done(serviceClosing());
    else done();
  });
  if (options.maxRequests !== undefined) boundRequests(app, options.maxRequests);
  app.addHook('onRequest', (request, _reply, done) => {
    const { host } = request.headers;
    if (host === undefined || isLoopbackName(host) || !listensOnLoopback(app)) return done();
    done(forbiddenHost(host));
  });
  app.setErrorHandler((error: FastifyError | Problem, request, reply) => {
    const fields = error instanceof Problem ? error.fields : problemOf(error);
    // A 503 is an expected outcome that its cause has logged already.
    if (fields.status >= 500 && fields.status !== 503) request.log.error({ err: error }, fields.title);
    return sendProblem(reply, fields);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, {
      code: 'not-found',
      status: 404,
      title: 'Not found',
      detail: `nothing at ${request.method} ${request.url.slice(0, 200)}`,
    }),
  );
  app.get('/livez', () => ({ status: 'alive' }));
  app.get('/readyz', (_request, reply) => {
    const waiting = waitingFor();
    if (waiting === undefined) return { status: 'ready' };
    return sendProblem(reply, {
      code: 'not-ready',
      status: 503,
      title: 'Not ready',
      detail: waiting,
      retryAfterSeconds: 1,
    });
  });
  if (metrics) {
    app.get('/metrics', async (_request, reply) => {
      void reply.type(metrics.contentType);
      return metrics.metrics();
    });
  }
  return app;
}

/**
 * A request holds its place until its answer has been sent or its client is gone, and its handler has ended too: work
 * that nobody waits for any more is work all the same.
 */
function boundRequests(app: FastifyInstance, maxRequests: number): void {
  let requests = 0;
  const handled = new WeakMap<FastifyRequest, Promise<unknown>>();
  app.addHook('onRoute', (route) => {
    const { handler } = route;
    route.handler = function (request, reply) {
      const result: unknown = handler.call(this, request, reply);
      if (result instanceof Promise) handled.set(request, result);
      return result;
    };
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { ownBound } = request.routeOptions.config as { ownBound?: boolean };
    if (ownBound || !request.url.startsWith('/v1/')) return done();
    if (requests >= maxRequests) return done(overloaded(`${maxRequests} requests are being worked on`));
    requests += 1;
    const leave = () => (requests -= 1);
    reply.raw.once('close', () => void Promise.resolve(handled.get(request)).then(leave, leave));
    done();
  });
}

export function overloaded(why: string): Problem {
  return new Problem({
    code: 'overloaded',
    status: 503,
    title: 'Overloaded',
    detail: `${why}; send the request again later`,
    retryAfterSeconds: 1,
  });
}

/** The process ends; another one, or its successor, takes the request. */
export function serviceClosing(): Problem {
  return new Problem({
    code: 'closing',
    status: 503,
    title: 'Closing',
    detail: 'this process is closing; send the request again',
    retryAfterSeconds: 1,
  });
}

/**
 * A page on the web can point its own host name at 127.0.0.1 (DNS rebinding); the browser of whoever opens it then takes
 * this server for the page's own. It still sends the page's name as Host.
 */
function forbiddenHost(host: string): Problem {
  return new Problem({
    code: 'forbidden-host',
    status: 403,
    title: 'Forbidden host',
    detail: 'this server listens on loopback and answers only to the names of loopback',
    field: 'host',
    value: host,
    expected: '127.0.0.1, localhost or [::1], with any port',
  });
}

function isLoopbackName(host: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/i.test(host);
}

/** False where it does not listen at all, as in tests by `inject`. */
function listensOnLoopback(app: FastifyInstance): boolean {
  const at = app.server.address();
  return at !== null && typeof at === 'object' && /^(127\.|::1$|::ffff:127\.)/.test(at.address);
}

/** Answers what is no HTTP request that Node can read: there is no reply object, only the socket. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, title, detail] = unreadable[error.code ?? ''] ?? [400, 'Bad Request', 'this is no valid HTTP request'];
  const body = JSON.stringify(problemDocument({ code: 'bad-request', status, title, detail }));
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

const unreadable: Readonly<Record<string, readonly [status: number, title: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    `the address and the header have at most ${maxHeaderSize} bytes`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request was not received in time'],
};

function sendProblem(reply: FastifyReply, fields: ProblemFields): FastifyReply {
  if (fields.retryAfterSeconds !== undefined) void reply.header('retry-after', String(fields.retryAfterSeconds));
  return reply
    .status(fields.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemDocument(fields)));
}

/** Fastify's own refusals with codes of ours; whatever else is a fault of the server and told without its text. */
function problemOf(error: FastifyError): ProblemFields {
  const status = error.statusCode ?? 500;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return { code: 'body-too-large', status: 413, title: 'Body too large', detail: error.message };
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return { code: 'unsupported-media-type', status: 415, title: 'Unsupported media type', detail: error.message };
  }
  if (
    error instanceof SyntaxError ||
    error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' ||
    error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY'
  ) {
    const detail = `the body is not JSON: ${error.message.slice(0, 200)}`;
    return {
      code: 'malformed-json',
      status: 400,
      title: 'Malformed JSON',
      detail,
      field: '(body)',
      expected: 'a JSON document',
    };
  }
  if (status >= 400 && status < 500)
    return { code: 'bad-request', status, title: 'Bad request', detail: shown(error.message) };
  return { code: 'internal', status: 500, title: 'Internal error', detail: 'see the log of the service' };
}

/** Listens on loopback or where told; returns the address. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  return app.listen({ host, port });
}

/** Fastify logs each request at info, which would drown the rest. */
function requestLogLevel(level: string): string {
  return level === 'info' ? 'warn' : level;
}
