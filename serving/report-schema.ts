// The documents of the reports API as TypeBox schemas: what is sent is judged by them (report-parse.ts), what is answered
// is formed by them.
import { type Static, Type } from 'typebox';

/** Also the name of a folder: nothing that a file system could take for a way out of it. */
export const reportNamePattern = '^[a-z0-9][a-z0-9-]{0,62}$';
/** The instant in UTC; milliseconds where an operator asked for it, none where a schedule did: the two never meet. */
export const reportFilePattern = '^\\d{8}T\\d{6}(\\.\\d{3})?Z\\.csv$';

/** Body of PUT /v1/reports/:name. */
export const reportDraftSchema = Type.Object(
  {
    title: Type.Optional(Type.String({ maxLength: 200, description: 'what a person calls it' })),
    query: Type.Object({}, { description: 'the body of POST /v1/query, without atLeast; the format is CSV' }),
    schedule: Type.Optional(
      Type.Union([Type.String({ maxLength: 100 }), Type.Null()], {
        description: 'five fields of cron; null or absent: only when asked for',
      }),
    ),
    tz: Type.Optional(Type.String({ maxLength: 100, description: 'IANA time zone of the schedule; UTC if absent' })),
  },
  { additionalProperties: false },
);

/** Body of POST /v1/reports/:name/runs, if any. */
export const reportRunRequestSchema = Type.Object({}, { additionalProperties: false });

const instant = Type.String({ description: 'ISO 8601, UTC' });
const count = Type.Integer({ minimum: 0 });

const runHead = {
  report: Type.String({ pattern: reportNamePattern }),
  instant: Type.String({ description: 'the scheduled instant, or when it was asked for; ranges are told from it' }),
  trigger: Type.Union([Type.Literal('schedule'), Type.Literal('made-up'), Type.Literal('operator')], {
    description: 'made-up: the instant passed while no serving process was up',
  }),
  skipped: Type.Integer({
    minimum: 0,
    description: 'earlier instants that were missed and are not made up for, at most 1000',
  }),
  startedAt: instant,
  finishedAt: instant,
};

export const writtenRunSchema = Type.Object({
  ...runHead,
  outcome: Type.Literal('written'),
  file: Type.String({ pattern: reportFilePattern }),
  rows: count,
  bytes: count,
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  generation: Type.String(),
  run: Type.String({ description: 'the batch run' }),
  token: Type.String({ description: 'of the answer' }),
  vector: Type.Array(count),
  deferredRecords: count,
  notes: Type.Array(Type.String()),
});

export const failedRunSchema = Type.Object({
  ...runHead,
  outcome: Type.Literal('failed'),
  code: Type.String({ description: 'of the problem; docs/errors.md' }),
  detail: Type.String(),
});

export const reportRunSchema = Type.Union([writtenRunSchema, failedRunSchema]);

export const reportSchema = Type.Object({
  name: Type.String({ pattern: reportNamePattern }),
  title: Type.String(),
  query: Type.Object({}),
  schedule: Type.Union([Type.String(), Type.Null()]),
  tz: Type.String(),
  savedAt: instant,
  nextAt: Type.Union([Type.String(), Type.Null()], { description: 'when it is due next' }),
  lastRun: Type.Union([reportRunSchema, Type.Null()]),
});

export const reportListSchema = Type.Object({ reports: Type.Array(reportSchema) });

/** Newest first. */
export const reportDetailsSchema = Type.Object({ ...reportSchema.properties, runs: Type.Array(reportRunSchema) });

/** What lies beside a CSV as .json, where it can be read. */
export const reportFileSchema = Type.Object({
  file: Type.String({ pattern: reportFilePattern }),
  bytes: count,
  made: Type.Union([writtenRunSchema, Type.Null()], { description: 'null: what lay beside the file is gone' }),
});

/** Newest first. */
export const reportFilesSchema = Type.Object({
  files: Type.Array(reportFileSchema),
  total: Type.Integer({ minimum: 0, description: 'files that there are' }),
});

export type ReportDraftBody = Static<typeof reportDraftSchema>;
export type WrittenRun = Static<typeof writtenRunSchema>;
export type FailedRun = Static<typeof failedRunSchema>;
export type ReportRun = Static<typeof reportRunSchema>;
export type ReportFileEntry = Static<typeof reportFileSchema>;
