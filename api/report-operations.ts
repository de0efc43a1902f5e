// The operations of /v1/reports, all of them with the operator token.
import { type TSchema, Type } from 'typebox';
import type { DocumentedAnswer, Operation } from './operations.ts';
import {
  reportDetailsSchema,
  reportDraftSchema,
  reportFilePattern,
  reportFilesSchema,
  reportListSchema,
  reportNamePattern,
  reportRunRequestSchema,
  reportSchema,
  writtenRunSchema,
} from './report-schema.ts';
import { bodyCodes, type CodesByStatus, queryCodes, reportCodes } from './problem-codes.ts';

type Problems = (...codes: readonly CodesByStatus[]) => Record<number, DocumentedAnswer>;

const name = Type.String({ pattern: reportNamePattern, description: 'of the report', examples: ['sales'] });
const file = Type.String({ pattern: reportFilePattern, description: 'of the list of files' });
const answered = (description: string, schema: TSchema): DocumentedAnswer => ({
  description,
  content: { 'application/json': { schema } },
});

export function createReportOperations(problems: Problems) {
  const common = { tags: ['reports'], security: [{ operator: [] }] };
  const named = { ...common, params: Type.Object({ name }) };
  const { any, put, run, files, download, known } = reportCodes;
  return {
    listReports: {
      ...common,
      route: 'GET /v1/reports',
      operationId: 'listReports',
      summary: 'Saved queries, with their last runs',
      response: { 200: answered('all of them', reportListSchema), ...problems(any) },
    },
    getReport: {
      ...named,
      route: 'GET /v1/reports/:name',
      operationId: 'getReport',
      summary: 'One report with its last runs',
      response: { 200: answered('the report', reportDetailsSchema), ...problems(any, known) },
    },
    putReport: {
      ...named,
      route: 'PUT /v1/reports/:name',
      operationId: 'putReport',
      summary: 'Save a report, or change it as a whole',
      body: {
        ...reportDraftSchema,
        'x-examples': { daily: { value: { query: { measures: ['orders'], by: ['store'] }, schedule: '0 6 * * *' } } },
      },
      response: {
        200: answered('changed', reportSchema),
        201: answered('new', reportSchema),
        ...problems(any, put, queryCodes, bodyCodes),
      },
    },
    deleteReport: {
      ...named,
      route: 'DELETE /v1/reports/:name',
      operationId: 'deleteReport',
      summary: 'Remove a report; its files stay',
      response: { 204: { description: 'removed', type: 'null' as const }, ...problems(any, known) },
    },
    runReport: {
      ...named,
      route: 'POST /v1/reports/:name/runs',
      operationId: 'runReport',
      summary: 'Make a report now',
      body: { ...reportRunRequestSchema, 'x-examples': { now: { value: {} } } },
      response: {
        201: answered('what was written', writtenRunSchema),
        ...problems(any, known, run, queryCodes, bodyCodes),
      },
    },
    listReportFiles: {
      ...named,
      route: 'GET /v1/reports/:name/files',
      operationId: 'listReportFiles',
      summary: 'The newest files of a report',
      response: { 200: answered('the files', reportFilesSchema), ...problems(any, known, files) },
    },
    getReportFile: {
      ...common,
      params: Type.Object({ name, file }),
      route: 'GET /v1/reports/:name/files/:file',
      operationId: 'getReportFile',
      summary: 'A file of a report',
      response: {
        200: { description: 'the CSV as it was written', content: { 'text/csv': { schema: Type.String() } } },
        ...problems(any, known, files, download),
      },
    },
  } satisfies Record<string, Operation>;
}
