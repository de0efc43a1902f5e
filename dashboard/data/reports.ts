// The reports of the server: the list, kept up to date while somebody looks at it, and what an operator does with one.
import { computed, effect, signal, untracked } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Static } from 'typebox';
import { type Client, type ClientQuery, TidemarkError } from '../../api/client.ts';
import type { ReportFileEntry, ReportRun, reportSchema } from '../../api/report-schema.ts';
import { forgetToken, operatorClient, operatorToken } from './operator.ts';
import { type Problem, problemOf } from './problem.ts';
import { isWatched } from './visibility.ts';

export type Report = Omit<Static<typeof reportSchema>, 'query'> & { readonly query: ClientQuery };

type ReportDraft = Pick<Report, 'title' | 'query' | 'schedule' | 'tz'>;

export interface ReportFiles {
  readonly files: readonly ReportFileEntry[];
  readonly total: number;
}

/** What this page has asked for. */
export type Making =
  | { readonly kind: 'making'; readonly sinceMs: number }
  | { readonly kind: 'made'; readonly rows: number }
  | { readonly kind: 'failed'; readonly problem: Problem };

const told = signal<readonly Report[] | undefined>(undefined);
/** Of the last answer; nothing of it is known without the token. */
export const reports = computed(() => (operatorToken.value === undefined ? undefined : told.value));
/** When the list was told. */
export const reportsAtMs = signal(0);
export const reportsProblem = signal<Problem | undefined>(undefined);
/** By report. Kept while other pages are looked at: the server goes on. */
export const makings = signal<ReadonlyMap<string, Making>>(new Map());

/** The server makes reports by itself: the list is asked for again so often. */
const everyMs = 10_000;

const pathOf = (name: string, rest = ''): string => `/v1/reports/${encodeURIComponent(name)}${rest}`;

/** @throws TidemarkError; a token that is refused is forgotten. */
async function asOperator<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const token = operatorToken.peek() ?? '';
  try {
    return await work(operatorClient(token));
  } catch (error) {
    if (problemOf(error).status === 401 && operatorToken.peek() === token) {
      forgetToken('The server does not accept the token any more.');
    }
    throw error;
  }
}

const ask = <T>(...request: Parameters<Client['operate']>): Promise<T> =>
  asOperator((client) => client.operate(...request) as Promise<T>);

async function loadReports(): Promise<void> {
  try {
    told.value = (await ask<{ reports: readonly Report[] }>('GET', '/v1/reports')).reports;
    reportsAtMs.value = Date.now();
    reportsProblem.value = undefined;
  } catch (error) {
    reportsProblem.value = problemOf(error);
  }
}

/** The list, for as long as the component lives and somebody looks. */
export function useReports(): void {
  useEffect(
    () =>
      effect(() => {
        if (operatorToken.value === undefined || !isWatched.value) return undefined;
        untracked(() => void loadReports());
        const timer = setInterval(() => void loadReports(), everyMs);
        return () => clearInterval(timer);
      }),
    [],
  );
}

export async function findReport(name: string): Promise<Report | undefined> {
  try {
    return await ask('GET', pathOf(name));
  } catch (error) {
    if (problemOf(error).code === 'unknown-report') return undefined;
    throw error;
  }
}

/** A schedule of blanks is none. */
export async function saveReport(name: string, draft: ReportDraft): Promise<Report> {
  const schedule = draft.schedule?.trim() || null;
  const report = await ask<Report>('PUT', pathOf(name), { ...draft, schedule });
  void loadReports();
  return report;
}

export async function removeReport(name: string): Promise<void> {
  await ask('DELETE', pathOf(name));
  told.value = told.value?.filter((report) => report.name !== name);
}

/** Never throws: what becomes of it is in `makings`. */
export async function makeReport(name: string): Promise<void> {
  const become = (making: Making): void => void (makings.value = new Map(makings.value).set(name, making));
  become({ kind: 'making', sinceMs: Date.now() });
  try {
    const run = await ask<ReportRun>('POST', pathOf(name, '/runs'));
    if (run.outcome === 'failed') throw new TidemarkError(run);
    become({ kind: 'made', rows: run.rows });
  } catch (error) {
    become({ kind: 'failed', problem: problemOf(error) });
  }
  await loadReports();
}

/** The last 20, newest first. */
export const runsOf = async (name: string): Promise<readonly ReportRun[]> =>
  (await ask<{ runs: readonly ReportRun[] }>('GET', pathOf(name))).runs;

export const filesOf = (name: string): Promise<ReportFiles> => ask('GET', pathOf(name, '/files'));

/**
 * Saves a file as the browser saves downloads. A link cannot carry the token.
 * @throws TidemarkError; also where it is not what was written.
 */
export async function downloadFile(name: string, file: string, sha256: string | undefined): Promise<void> {
  const bytes = (await asOperator((client) =>
    client.download(pathOf(name, `/files/${file}`)),
  )) as Uint8Array<ArrayBuffer>;
  if (sha256 !== undefined && ((await digestOf(bytes)) ?? sha256) !== sha256) {
    const detail = `${file} is not what was written (its SHA-256 differs); make the report again`;
    throw new TidemarkError({ code: 'file-differs', detail });
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'text/csv' }));
  link.download = `${name}-${file}`;
  link.click();
  // The browser has taken the blob once the click is over; a minute is for those that ask where to save first.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** undefined where the page came neither over TLS nor from this machine: browsers leave it out then. */
async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const digest = await (globalThis.crypto as Partial<Crypto>).subtle?.digest('SHA-256', bytes);
  return digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
