// From what an operator sent to a report. Every refusal names the field, its value and what was expected; the query is
// judged by the parser and the planner of POST /v1/query.
import type { TObject } from 'typebox';
import { Compile } from 'typebox/compile';
import { badParameter, Problem } from '../runtime/problem.ts';
import type { Generation } from '../schemas/generation.ts';
import { isTimeZone } from './local-time.ts';
import { planQuery } from './query-plan.ts';
import { queryParserOf } from './query-parse.ts';
import type { Query } from './query.ts';
import { createReportTimes, faultOfSchedule } from './report-schedule.ts';
import {
  reportDraftSchema,
  reportFilePattern,
  reportNamePattern,
  reportRunRequestSchema,
} from '../api/report-schema.ts';
import type { ReportDraft } from './report-store.ts';

const maxQueryBytes = 8 * 1024;

const [nameForm, fileForm] = [new RegExp(reportNamePattern), new RegExp(reportFilePattern)];

export function isReportName(name: string): boolean {
  return nameForm.test(name);
}

export function isReportFile(file: string): boolean {
  return fileForm.test(file);
}

export function parseReportName(name: string): string {
  if (isReportName(name)) return name;
  throw badParameter('bad-report-name', 'name', name, '1 to 63 of a-z, 0-9 and -, no - at the beginning');
}

export function parseReportFile(file: string): string {
  if (isReportFile(file)) return file;
  throw badParameter('bad-report-name', 'file', file, 'the name of a file of the list, such as 20260131T060000Z.csv');
}

const draft = Compile(reportDraftSchema);
const runRequest = Compile(reportRunRequestSchema);

export function parseReportDraft(body: unknown, generation: Generation, nowMs: number): ReportDraft {
  if (!draft.Check(body)) throw refusalOf(reportDraftSchema, draft.Errors(body), body);
  const { title = '', query, schedule = null, tz = 'UTC' } = body;
  // ClickHouse refuses such a text, or keeps another one.
  if (!title.isWellFormed()) throw badParameter('bad-value', 'title', title, 'a text without unpaired surrogates');
  if (Buffer.byteLength(JSON.stringify(query)) > maxQueryBytes) {
    throw badParameter('bad-value', 'query', query, `a query of at most ${maxQueryBytes} bytes`);
  }
  const parsed = parseReportQuery(query, generation);
  // What no rollup holds is refused now, not when the report is made.
  const plan = { nowMs, newestMs: nowMs, earliestMs: generation.rules.earliestMs };
  named('query', () => planQuery(parsed, generation.definition, plan));
  if (!isTimeZone(tz)) throw badParameter('unknown-time-zone', 'tz', tz, 'an IANA time zone such as Europe/Berlin');
  if (schedule !== null) requireSchedule(schedule, tz, nowMs);
  return { title, query: query as Readonly<Record<string, unknown>>, schedule: schedule?.trim() ?? null, tz };
}

/** The query of a report, as CSV. */
export function parseReportQuery(query: unknown, generation: Generation): Query {
  const parsed = named('query', () => queryParserOf(generation).ofBody(query));
  if (parsed.atLeast) {
    throw badParameter('bad-value', 'query.atLeast', '(token)', 'nothing: a report outlives the run of a token');
  }
  const { format } = query as { format?: unknown };
  if (format === 'json') throw badParameter('bad-value', 'query.format', format, 'csv, or nothing: a report is CSV');
  return { ...parsed, format: 'csv' };
}

export function parseRunRequest(body: unknown): void {
  if (body === undefined || body === null || runRequest.Check(body)) return;
  throw refusalOf(reportRunRequestSchema, runRequest.Errors(body), body);
}

function requireSchedule(schedule: string, tz: string, nowMs: number): void {
  const fault = faultOfSchedule(schedule);
  if (fault !== undefined) {
    throw badParameter('bad-schedule', 'schedule', schedule, `five fields of cron such as "0 6 * * *": ${fault}`);
  }
  if (createReportTimes(schedule, tz).next(nowMs) === undefined) {
    throw badParameter('bad-schedule', 'schedule', schedule, 'one that comes up within five years');
  }
}

/** The field of a problem as it is called in the body. */
function named<T>(part: string, judge: () => T): T {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof Problem) || error.fields.field === undefined) throw error;
    const { field, detail = '' } = error.fields;
    const inside = field === '(body)' ? part : `${part}.${field}`;
    throw new Problem({ ...error.fields, field: inside, detail: detail.replace(field, inside) });
  }
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** The first that is wrong, as every other refusal is told. */
function refusalOf(schema: TObject, errors: readonly SchemaError[], body: unknown): Problem {
  const known = Object.keys(schema.properties);
  const unknown = Object.keys(Object(body)).find((field) => !known.includes(field));
  const { keyword, instancePath, params, message } = errors[0]!;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return badParameter('bad-body', '(body)', body, `an object of ${known.join(', ') || 'nothing'}`);
  }
  if (unknown !== undefined) {
    return badParameter('unknown-parameter', unknown, Reflect.get(body, unknown), `one of ${known.join(', ')}`);
  }
  if (keyword === 'required') {
    const [field] = (params as { requiredProperties: string[] }).requiredProperties;
    return badParameter('missing-parameter', field!, undefined, 'it: a report is of a query');
  }
  const field = instancePath.slice(1);
  const value: unknown = Reflect.get(body, field);
  return badParameter(keyword === 'type' ? 'wrong-type' : 'bad-value', field, value, `a value that ${message}`);
}
