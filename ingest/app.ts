// The HTTP app of ingest: POST /v1/events. Bodies are read by the handler itself, under its own bounds.
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createHttpServer, overloaded } from '../runtime/http-server.ts';
import { isKafkaError, KafkaError } from '../runtime/kafka/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { Problem } from '../runtime/problem.ts';
import { encodeToken } from '../schemas/token.ts';
import { type BodyBounds, type ByteBudget, createByteBudget, drain, readChunks, readWhole } from './body.ts';
import {
  allRejected,
  cutShortAfter,
  emptyBody,
  eventRefused,
  malformedBody,
  notProduced,
  topicMadeAnewProblem,
  unsupportedEncoding,
} from './errors.ts';
import { type Intake, type IntakeDeps, openIntake } from './intake.ts';
import { parseJsonText } from './json-text.ts';
import { createIngestMetrics } from './metrics.ts';
import { createLineSplitter, type Line } from './ndjson-lines.ts';
import { openTrace, spanOf } from './trace-context.ts';

export interface IngestAppDeps extends Omit<IntakeDeps, 'metrics'> {
  readonly log: Logger;
  readonly waitingFor: () => string | undefined;
}

export interface IngestAppOptions {
  readonly maxRequests: number;
  readonly idleMs: number;
  /** For so long after the process began to close, bodies may still come in. */
  readonly graceMs?: number;
}

export const jsonLimitBytes = 5 * 1024 * 1024;
export const lineLimitBytes = 256 * 1024;
/** Twelve of the largest documents: the objects parsed from the worst of them take twenty times their text. */
const budgetBytes = 64 * 1024 * 1024;
const ndjson = 'application/x-ndjson';

export function createIngestApp(deps: IngestAppDeps, options: IngestAppOptions): FastifyInstance {
  const { maxRequests, idleMs, graceMs = 2_000 } = options;
  const { log, waitingFor, generation, randomBytes } = deps;
  let requests = 0;
  const metrics = createIngestMetrics(() => requests);
  // Node's own limit would cut a long stream; readChunks bounds how long a body may stand still.
  const app = createHttpServer({ log, waitingFor, metrics: metrics.registry, requestTimeoutMs: 0 });
  const budget = createByteBudget(budgetBytes);
  const closing = new AbortController();
  app.addHook('preClose', (done) => {
    const timer = setTimeout(() => closing.abort(), graceMs).unref();
    app.server.once('close', () => clearTimeout(timer));
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['application/json', ndjson], (_request, payload, done) => done(null, payload));

  app.post('/v1/events', async (request, reply) => {
    if (requests >= maxRequests) throw overloaded(`${maxRequests} requests are being worked on`);
    requests += 1;
    try {
      const trace = openTrace(request.headers.traceparent, randomBytes);
      void reply.header('traceparent', spanOf(trace, randomBytes));
      const intake = openIntake({ ...deps, metrics }, trace);
      const answer = await takeEvents(request, intake);
      return await reply.status(202).send(answer);
    } catch (error) {
      // Where the body was cut short, the rest of it is not waited for.
      if (isCutShort(error)) void reply.header('connection', 'close');
      else await drain(request.raw, 2 * jsonLimitBytes, 2_000);
      throw error;
    } finally {
      requests -= 1;
    }
  });
  return app;

  async function takeEvents(request: FastifyRequest, intake: Intake) {
    const body = request.body as Readable | undefined;
    if (!body) throw emptyBody();
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') throw unsupportedEncoding(encoding);
    const bounds = { idleMs, closing: closing.signal };
    const streamed = request.headers['content-type']?.toLowerCase().startsWith(ndjson) === true;
    const reading = streamed ? addLines(body, intake, bounds) : addDocument(body, intake, bounds, budget);
    // The events that came before the cut go to Kafka all the same, and the answer says where they are.
    const read = await reading.catch((error: unknown) => {
      if (isCutShort(error)) return error;
      throw error;
    });
    const receipt = await intake.finish();
    const { accepted, rejected, rejectedCount, vector, fault } = receipt;
    const token = encodeToken({ generation: generation.id, run: '', vector });
    if (fault !== undefined) {
      log.error({ err: fault, accepted }, 'Kafka did not confirm all events of a request');
      if (isKafkaError(fault, 'topic-replaced')) throw topicMadeAnewProblem(receipt, token);
      throw notProduced(receipt, token, isRetryable(fault));
    }
    if (read instanceof Problem) throw cutShortAfter(read, receipt, token);
    if (accepted + rejectedCount === 0) throw emptyBody();
    const problem = intake.lastProblem();
    if (accepted === 0) throw read === 'single' && problem ? eventRefused(problem, receipt) : allRejected(receipt);
    return { accepted, rejected, rejectedCount, vector, token };
  }
}

/** The body was too slow, or the process closes: the rest of it is not read. */
function isCutShort(error: unknown): error is Problem {
  return error instanceof Problem && (error.fields.status === 408 || error.fields.code === 'closing');
}

/** A producer that was closed means that this process ends: another one will take the events. */
function isRetryable(fault: unknown): boolean {
  return !(fault instanceof KafkaError) || fault.retryable || isKafkaError(fault, 'closed');
}

/** One event or an array of them. */
async function addDocument(
  body: Readable,
  intake: Intake,
  bounds: BodyBounds,
  budget: ByteBudget,
): Promise<'single' | 'many'> {
  const { bytes, release } = await readWhole(body, { ...bounds, limitBytes: jsonLimitBytes, budget });
  try {
    if (bytes.length === 0) throw emptyBody();
    const parsed = parseJsonText(bytes);
    if (parsed.kind === 'malformed') throw malformedBody(parsed.message);
    const many = Array.isArray(parsed.value);
    const inputs: unknown[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
    for (const [index, input] of inputs.entries()) if (!(await intake.add(index, input))) break;
    return many ? 'many' : 'single';
  } finally {
    release();
  }
}

/** Each line is an event. A bad line is one rejection; the rest goes on. */
async function addLines(body: Readable, intake: Intake, bounds: BodyBounds): Promise<'many'> {
  const splitter = createLineSplitter(lineLimitBytes);
  let index = 0;
  const addAll = async (lines: Line[]) => {
    for (const line of lines) if (!(await addLine(line, index++, intake))) return false;
    return true;
  };
  for await (const chunk of readChunks(body, bounds, intake.taken)) {
    if (!(await addAll(splitter.push(chunk)))) return 'many';
  }
  await addAll(splitter.end());
  return 'many';
}

async function addLine(line: Line, index: number, intake: Intake): Promise<boolean> {
  if (line.kind === 'too-long') {
    const expected = `at most ${lineLimitBytes} bytes`;
    const message = `the line has ${line.sizeBytes} bytes, expected ${expected}`;
    return intake.reject(index, { code: 'line-too-long', message, field: '(line)', value: line.sizeBytes, expected });
  }
  const parsed = parseJsonText(line.bytes);
  if (parsed.kind === 'json') return intake.add(index, parsed.value);
  const value = line.bytes.toString('utf8', 0, 120);
  const message = `the line is not JSON: ${parsed.message}`;
  const expected = 'an event as JSON, in UTF-8';
  return intake.reject(index, { code: 'malformed-json', message, field: '(line)', value, expected });
}
