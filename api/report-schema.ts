// What /v1/reports takes and answers. What is sent is judged by these (serving/report-parse.ts).
import { type Static, type TSchema, Type } from 'typebox';

/** Also the name of a folder: nothing that a file system could take for a way out of it. */
export const reportNamePattern = '^[a-z0-9][a-z0-9-]{0,62}$';
/** The instant in UTC; milliseconds where an operator asked for it, none where a schedule did: the two never meet. */
export const reportFilePattern = '^\\d{8}T\\d{6}(\\.\\d{3})?Z\\.csv$';

const closed = { additionalProperties: false } as const;
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** Body of PUT /v1/reports/:name. */
export const reportDraftSchema = Type.Object(
  {
    title: Type.Optional(Type.String({ maxLength: 200, description: 'what a person calls it' })),
    query: Type.Object({}, { description: 'the body of POST /v1/query, without atLeast; the format is CSV' }),
    schedule: Type.Optional(
      nullable(Type.String({ maxLength: 100, description: 'five fields of cron; null or absent: on demand only' })),
    ),
    tz: Type.Optional(Type.String({ maxLength: 100, description: 'IANA time zone of the schedule; UTC if absent' })),
  },
  { ...closed, title: 'ReportDraft' },
);

/** Body of POST /v1/reports/:name/runs, if any. */
export const reportRunRequestSchema = Type.Object({}, closed);

const instant = Type.String({ description: 'ISO 8601, UTC' });
const count = Type.Integer({ minimum: 0 });

const occasion = {
  instant: Type.String({ description: 'the scheduled instant, or when it was asked for; ranges are told from it' }),
  trigger: Type.Union([Type.Literal('schedule'), Type.Literal('made-up'), Type.Literal('operator')], {
    description: 'made-up: the instant passed while no serving process was up',
  }),
};

const runHead = {
  report: Type.String({ pattern: reportNamePattern }),
  ...occasion,
  skipped: Type.Integer({
    minimum: 0,
    description: 'earlier instants that were missed and are not made up for, at most 1000',
  }),
  startedAt: instant,
  finishedAt: instant,
};

export const writtenRunSchema = Type.Object(
  {
    ...runHead,
    outcome: Type.Literal('written'),
    file: Type.String({ pattern: reportFilePattern }),
    rows: count,
    bytes: count,
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    query: Type.Object({}, { description: 'as understood, with the range that it came to' }),
    currencies: Type.Record(Type.String(), count, { description: 'their minor digits' }),
    generation: Type.String(),
    run: Type.String({ description: 'the batch run' }),
    token: Type.String({ description: 'of the answer' }),
    vector: Type.Array(count),
    deferredRecords: count,
    notes: Type.Array(Type.String()),
  },
  { ...closed, title: 'WrittenReport' },
);

const failedRunSchema = Type.Object(
  {
    ...runHead,
    outcome: Type.Literal('failed'),
    code: Type.String({ description: 'of the problem; docs/errors.md' }),
    detail: Type.String(),
  },
  { ...closed, title: 'FailedReport' },
);

export const reportRunSchema = Type.Union([writtenRunSchema, failedRunSchema]);

const underwaySchema = Type.Object(
  {
    ...occasion,
    since: instant,
    step: Type.Union([Type.Literal('waiting'), Type.Literal('answering'), Type.Literal('writing')], {
      description: 'waiting: reports are made one at a time',
    }),
  },
  { ...closed, title: 'ReportUnderway', description: 'of the serving process that answers' },
);

const report = {
  name: Type.String({ pattern: reportNamePattern }),
  title: Type.String(),
  query: Type.Object({}, { description: 'as it was saved' }),
  schedule: nullable(Type.String()),
  tz: Type.String(),
  savedAt: instant,
  nextAt: nullable(Type.String({ description: 'when it is due next' })),
  thenAt: Type.Array(instant, { description: 'the two times after that, as far as they come within a year' }),
  lastRun: nullable(reportRunSchema),
  underway: nullable(underwaySchema),
};

export const reportSchema = Type.Object(report, { ...closed, title: 'Report' });

export const reportListSchema = Type.Object({ reports: Type.Array(reportSchema) }, { ...closed, title: 'Reports' });

export const reportDetailsSchema = Type.Object(
  { ...report, runs: Type.Array(reportRunSchema, { description: 'newest first' }) },
  { ...closed, title: 'ReportDetails' },
);

const reportFileSchema = Type.Object(
  {
    file: Type.String({ pattern: reportFilePattern }),
    bytes: count,
    made: nullable(writtenRunSchema),
  },
  { ...closed, title: 'ReportFile', description: 'made: what lies beside the CSV; null where that cannot be read' },
);

export const reportFilesSchema = Type.Object(
  {
    files: Type.Array(reportFileSchema, { description: 'newest first' }),
    total: Type.Integer({ minimum: 0, description: 'files that there are' }),
  },
  { ...closed, title: 'ReportFiles' },
);

export type WrittenRun = Static<typeof writtenRunSchema>;
export type FailedRun = Static<typeof failedRunSchema>;
export type ReportRun = Static<typeof reportRunSchema>;
export type ReportUnderway = Static<typeof underwaySchema>;
export type ReportFileEntry = Static<typeof reportFileSchema>;
