// The production serving app in a process of its own, with one route more: `/v1/static-buffer` gives what was last posted to
// it, through the same server, hooks and limits. With `count` it also counts, by request, what reaches a store: every command
// to Redis and every statement to ClickHouse that a request of the API causes.
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Redis } from 'ioredis';
import { loadConfig } from '../../runtime/config.ts';
import { listen } from '../../runtime/http-server.ts';
import { createLogger } from '../../runtime/logger.ts';
import { servingSettings } from '../../serving/config.ts';
import { openServingApp } from '../../serving/open-app.ts';

export interface StoreCommands {
  /** Caused by requests to /v1/query. */
  readonly ofRequests: number;
  /** By the followers, meanwhile. */
  readonly ofOthers: number;
}

const counting = process.argv[2] === 'count';
const requests = new AsyncLocalStorage<true>();
let counted = { ofRequests: 0, ofOthers: 0 };

function count(): void {
  counted[requests.getStore() ? 'ofRequests' : 'ofOthers'] += 1;
}

if (counting) {
  const send = Redis.prototype.sendCommand;
  Redis.prototype.sendCommand = function sendAndCount(...args) {
    count();
    return send.apply(this, args);
  };
  // The client of ClickHouse speaks HTTP: one request a statement.
  subscribe('http.client.request.start', count);
}

const settings = loadConfig(servingSettings, process.env);
await using resources = new AsyncDisposableStack();
const log = createLogger('hot', 'error');
const app = await openServingApp({ ...settings, servingPort: 0 }, resources, log, () => Date.now());
let body = Buffer.alloc(0);
app.get('/v1/static-buffer', (_request, reply) => {
  void reply.type('application/json; charset=utf-8').send(body);
});
if (counting) {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.url.startsWith('/v1/query')) requests.run(true, done);
    else done();
  });
}
const address = await listen(app, '127.0.0.1', 0);

const disconnected = Promise.withResolvers<void>();
process.on('disconnect', () => disconnected.resolve());
process.on('message', (question: { readonly body?: string } | 'counted') => {
  if (question !== 'counted') {
    body = Buffer.from(question.body ?? '');
    process.send!('set');
    return;
  }
  process.send!(counted);
  counted = { ofRequests: 0, ofOthers: 0 };
});
process.send!(address);
await disconnected.promise;
