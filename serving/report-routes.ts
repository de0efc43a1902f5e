// /v1/reports, all of it behind the operator token: saved queries, what was made of them, and the files.
import type { FastifyInstance } from 'fastify';
import { Counter, type Registry } from 'prom-client';
import type { Operations } from '../api/operations.ts';
import { requireOperator } from '../runtime/operator-token.ts';
import { Problem } from '../runtime/problem.ts';
import type { Generation } from '../schemas/generation.ts';
import { parseReportDraft, parseReportFile, parseReportName, parseRunRequest } from './report-parse.ts';
import type { Occasion } from './report-maker.ts';
import { createReportTimes } from './report-schedule.ts';
import type { ReportRun } from '../api/report-schema.ts';
import type { Report } from './report-store.ts';
import type { Reports } from './reports.ts';

export interface ReportRouteDependencies {
  readonly reports: Reports;
  readonly generation: Generation;
  readonly operatorToken: string;
  readonly clock: () => number;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const maxReports = 500;
const runsTold = 20;
const filesTold = 100;
const bodyLimitBytes = 16 * 1024;

interface Named {
  readonly Params: { readonly name: string };
}
interface NamedFile {
  readonly Params: { readonly name: string; readonly file: string };
}

export function registerReportRoutes(
  app: FastifyInstance,
  dependencies: ReportRouteDependencies,
  operations: Operations,
  registry: Registry,
): void {
  const { reports, generation, operatorToken, clock } = dependencies;
  const { store, folder, maker } = reports;
  const as = (name: keyof Operations) => ({ config: { operation: operations[name] } });
  void new Counter({
    name: 'tidemark_serving_report_runs_total',
    help: 'Reports that this process has made, or given up (outcome failed)',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, runs] of Object.entries(maker.recorded())) this.inc({ outcome }, runs);
    },
  });

  async function known(name: string): Promise<Report> {
    const report = await store.find(parseReportName(name));
    if (report) return report;
    throw new Problem({ code: 'unknown-report', status: 404, title: 'Unknown report', detail: `no report ${name}` });
  }

  const told = ({ name, title, query, schedule, tz, savedAt }: Report, lastRun: ReportRun | undefined) => {
    const [nextAt = null, ...thenAt] =
      schedule === null ? [] : createReportTimes(schedule, tz).upcoming(clock(), 3).map(iso);
    return {
      name,
      title,
      query,
      schedule,
      tz,
      savedAt: iso(savedAt),
      nextAt,
      thenAt,
      lastRun: lastRun ?? null,
      underway: maker.underway(name) ?? null,
    };
  };

  void app.register(async (scope) => {
    // JSON only: Fastify would take plain text too.
    scope.removeContentTypeParser('text/plain');
    scope.addHook('onRequest', async (request) => requireOperator(request, operatorToken));

    scope.get('/v1/reports', as('listReports'), async () => {
      const [all, lastRuns] = await Promise.all([store.list(), store.lastRuns()]);
      const byName = new Map(lastRuns.map((run) => [run.report, run]));
      return { reports: all.map((report) => told(report, byName.get(report.name))) };
    });

    scope.get<Named>('/v1/reports/:name', as('getReport'), async (request) => {
      const report = await known(request.params.name);
      const runs = await store.runs(report.name, runsTold);
      return { ...told(report, runs[0]), runs };
    });

    scope.put<Named>('/v1/reports/:name', { ...as('putReport'), bodyLimit: bodyLimitBytes }, async (request, reply) => {
      const name = parseReportName(request.params.name);
      const draft = parseReportDraft(request.body, generation, clock());
      const before = await store.find(name);
      if (!before && (await store.list()).length >= maxReports) throw tooManyReports();
      const report = await store.save(name, draft);
      const [lastRun] = before ? await store.runs(name, 1) : [];
      return reply.status(before ? 200 : 201).send(told(report, lastRun));
    });

    scope.delete<Named>('/v1/reports/:name', as('deleteReport'), async (request, reply) => {
      const { name } = await known(request.params.name);
      await store.remove(name);
      return reply.status(204).send();
    });

    scope.post<Named>('/v1/reports/:name/runs', as('runReport'), async (request, reply) => {
      parseRunRequest(request.body);
      const report = await known(request.params.name);
      const startedAt = clock();
      const occasion: Occasion = { instant: startedAt, trigger: 'operator', skipped: 0 };
      try {
        const run = await maker.make(report, occasion);
        if (run) return await reply.status(201).send(run);
      } catch (error) {
        // Whoever asked is told at once; the record is for those who look later.
        await maker.fail(report, occasion, startedAt, error).catch((err: unknown) => {
          request.log.warn({ err, report: report.name }, 'a failed report is not recorded');
        });
        throw error;
      }
      throw sameInstant();
    });

    scope.get<Named>('/v1/reports/:name/files', as('listReportFiles'), async (request) => {
      const { name } = await known(request.params.name);
      return folder.list(name, filesTold);
    });

    scope.get<NamedFile>('/v1/reports/:name/files/:file', as('getReportFile'), async (request, reply) => {
      const file = parseReportFile(request.params.file);
      const { name } = await known(request.params.name);
      const made = await folder.made(name, file);
      const opened = made === undefined ? undefined : await folder.open(name, file);
      if (!opened) throw unknownFile(name, file);
      void reply
        .type('text/csv; charset=utf-8; header=present')
        .header('content-length', opened.bytes)
        .header('content-disposition', `attachment; filename="${name}-${file}"`)
        .header('cache-control', 'private, no-cache');
      if (made) void reply.header('tidemark-token', made.token).header('etag', `"${made.sha256}"`);
      return reply.send(opened.stream);
    });
  });
}

function tooManyReports(): Problem {
  const detail = `there are ${maxReports} reports; remove one first`;
  return new Problem({ code: 'too-many-reports', status: 409, title: 'Too many reports', detail });
}

function unknownFile(name: string, file: string): Problem {
  const detail = `report ${name} has no file ${file}`;
  return new Problem({ code: 'unknown-report-file', status: 404, title: 'Unknown report file', detail });
}

/** Two processes were asked in the same millisecond. */
function sameInstant(): Problem {
  return new Problem({
    code: 'report-underway',
    status: 503,
    title: 'Report under way',
    detail: 'another process writes this report at this instant; send the request again',
    retryAfterSeconds: 1,
  });
}
