// The codes of the errors that each part of the API answers with, by status. docs/errors.md says what each means.

export type CodesByStatus = Readonly<Record<number, readonly string[]>>;

/** Of every address. */
export const everyCodes = {
  400: ['bad-request'],
  403: ['forbidden-host'],
  500: ['internal'],
  503: ['overloaded', 'closing'],
} as const satisfies CodesByStatus;

/** Of an address that takes a document. */
export const bodyCodes = {
  400: ['malformed-json'],
  413: ['body-too-large'],
  415: ['unsupported-media-type'],
} as const satisfies CodesByStatus;

/** Of a query, streamed or not. */
export const queryCodes = {
  400: [
    'missing-parameter',
    'unknown-parameter',
    'duplicate-parameter',
    'duplicate-value',
    'wrong-type',
    'bad-value',
    'bad-combination',
    'too-many-values',
    'unknown-measure',
    'unknown-dimension',
    'unknown-window',
    'unknown-attribution',
    'unknown-value',
    'unknown-time-zone',
    'bad-instant',
    'reversed-range',
    'off-grain',
    'unanswerable',
    'mixed-currencies',
    'too-many-rows',
    'too-many-distinct',
    'bad-token',
    'bad-body',
  ],
  409: ['other-generation'],
  503: ['not-ready', 'batch-views-away', 'run-unreadable'],
  504: ['not-covered'],
} as const satisfies CodesByStatus;

export const statusCodes = { 503: ['not-ready'] } as const satisfies CodesByStatus;

export const streamCodes = { 503: ['too-many-streams'] } as const satisfies CodesByStatus;

export const batchRunCodes = {
  400: ['bad-body', 'unknown-parameter', 'bad-token'],
  401: ['operator-token-required'],
  409: ['other-generation'],
  503: ['batch-layer-away'],
} as const satisfies CodesByStatus;

/** By what is asked of /v1/reports. */
export const reportCodes = {
  any: { 401: ['operator-token-required'], 503: ['reports-away'] },
  known: { 400: ['bad-report-name'], 404: ['unknown-report'] },
  put: { 400: ['bad-report-name', 'bad-schedule'], 409: ['too-many-reports'] },
  run: { 503: ['report-underway', 'report-timeout', 'report-folder-failed'] },
  files: { 503: ['report-folder-failed'] },
  download: { 404: ['unknown-report-file'] },
} as const satisfies Readonly<Record<string, CodesByStatus>>;

type CodesOf<T extends CodesByStatus> = { [S in keyof T]: T[S] extends readonly (infer C)[] ? C : never }[keyof T];
export type ProblemCode =
  | CodesOf<typeof everyCodes>
  | CodesOf<typeof bodyCodes>
  | CodesOf<typeof queryCodes>
  | CodesOf<typeof statusCodes>
  | CodesOf<typeof streamCodes>
  | CodesOf<typeof batchRunCodes>
  | { [K in keyof typeof reportCodes]: CodesOf<(typeof reportCodes)[K]> }[keyof typeof reportCodes]
  | 'not-found';

export function joinCodes(...all: readonly CodesByStatus[]): CodesByStatus {
  const joined: Record<number, readonly string[]> = {};
  for (const codes of all) {
    for (const [status, names] of Object.entries(codes)) {
      joined[Number(status)] = [...new Set([...(joined[Number(status)] ?? []), ...names])];
    }
  }
  return joined;
}
