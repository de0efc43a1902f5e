// `tidemark report …`: saved queries, what was made of them, and their files.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { adviceOf } from '../api/report-advice.ts';
import type { ReportUnderway } from '../api/report-schema.ts';
import type { Api } from './api.ts';
import { CliError, exitCodes, usageError } from './errors.ts';
import type { CliIo } from './io.ts';
import { type OutputOptions, print, printAnswer } from './output.ts';
import { type QueryOptions, queryBody } from './query-command.ts';
import { grouped, noteText, seconds, table } from './render.ts';

interface ReportRun {
  readonly outcome: 'written' | 'failed';
  readonly instant: string;
  readonly trigger: string;
  readonly skipped: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly file?: string;
  readonly rows?: number;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly run?: string;
  readonly token?: string;
  readonly deferredRecords?: number;
  readonly notes?: readonly unknown[];
  readonly code?: string;
  readonly detail?: string;
}

interface Report {
  readonly name: string;
  readonly title: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly schedule: string | null;
  readonly tz: string;
  readonly nextAt: string | null;
  readonly lastRun: ReportRun | null;
  readonly underway: ReportUnderway | null;
}

interface ReportFiles {
  readonly files: readonly { readonly file: string; readonly bytes: number; readonly made: ReportRun | null }[];
  readonly total: number;
}

export type SaveOptions = QueryOptions & { readonly title?: string; readonly schedule?: string };

/** Judged here too: an address with .. in it would be another one. */
function pathOf(name: string, rest = ''): string {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return `/v1/reports/${name}${rest}`;
  throw usageError('the name of the report', name, '1 to 63 of a-z, 0-9 and -, no - at the beginning');
}

export async function saveReport(io: CliIo, api: Api, name: string, options: SaveOptions): Promise<void> {
  const { title, schedule, tz, json: _json, ...query } = options;
  const body = { title, query: queryBody({ ...query, ...(tz !== undefined && { tz }) }), schedule, tz };
  const { body: report, json } = await api.operate<Report>('PUT', pathOf(name), body);
  printAnswer(io, options, json, () => `saved ${reportLine(report)}`);
}

export async function listReports(io: CliIo, api: Api, options: OutputOptions): Promise<void> {
  const { body, json } = await api.operate<{ reports: readonly Report[] }>('GET', '/v1/reports');
  printAnswer(io, options, json, () => {
    if (body.reports.length === 0) return 'no reports; `tidemark report save --help` shows how to make one';
    return table(
      ['report', 'title', 'schedule', 'due', 'last run'],
      body.reports.map(({ name, title, schedule, tz, nextAt, lastRun, underway }) => [
        name,
        title,
        schedule === null ? 'on demand' : `${schedule} ${tz}`,
        nextAt,
        underway ? underwayLine(underway) : lastRun && runLine(lastRun),
      ]),
    );
  });
}

export async function showReport(io: CliIo, api: Api, name: string, options: OutputOptions): Promise<void> {
  const { body, json } = await api.operate<Report & { runs: readonly ReportRun[] }>('GET', pathOf(name));
  printAnswer(io, options, json, () => {
    const runs = body.runs.map((run) => [run.instant, run.trigger, run.skipped, tookOf(run), outcomeOf(run)]);
    const last =
      runs.length === 0 ? 'never made' : table(['instant', 'because of', 'skipped', 'took', 'outcome'], runs);
    const [newest] = body.runs;
    const failed = newest?.outcome === 'failed' ? [adviceOf(newest.code ?? '')] : [];
    const underway = body.underway ? [underwayLine(body.underway)] : [];
    return [reportLine(body), JSON.stringify(body.query), ...underway, last, ...failed].join('\n');
  });
}

export async function runReport(
  io: CliIo,
  api: Api,
  name: string,
  options: OutputOptions & { readonly output?: string },
): Promise<void> {
  const { body: run, json } = await api.operate<ReportRun>('POST', pathOf(name, '/runs'));
  if (options.output !== undefined) return fetchFile(io, api, name, run, options.output);
  printAnswer(io, options, json, () => {
    const facts = [`${run.file} is written`, `${grouped(run.rows ?? 0)} rows`, `${grouped(run.bytes ?? 0)} bytes`];
    const deferred = run.deferredRecords ? [`${grouped(run.deferredRecords)} records deferred`] : [];
    const notes = (run.notes ?? []).map((note) => `note: ${noteText(note)}`);
    return [[...facts, ...deferred].join(' · '), `run ${run.run} · token ${run.token}`, ...notes].join('\n');
  });
}

export async function scheduleReport(
  io: CliIo,
  api: Api,
  name: string,
  cron: string | undefined,
  options: OutputOptions & { readonly none?: true; readonly tz?: string },
): Promise<void> {
  if ((cron === undefined) === (options.none === undefined)) {
    throw usageError('the schedule', cron, "either five fields of cron such as '0 6 * * *', or --none");
  }
  const { body } = await api.operate<Report>('GET', pathOf(name));
  const { title, query, tz } = body;
  const changed = { title, query, tz: options.tz ?? tz, schedule: cron ?? null };
  const { body: report, json } = await api.operate<Report>('PUT', pathOf(name), changed);
  printAnswer(io, options, json, () => reportLine(report));
}

export async function removeReport(io: CliIo, api: Api, name: string): Promise<void> {
  await api.operate('DELETE', pathOf(name));
  print(io, {}, { removed: name }, () => `${name} is removed; its files stay in the folder`);
}

export async function listReportFiles(io: CliIo, api: Api, name: string, options: OutputOptions): Promise<void> {
  const { body, json } = await api.operate<ReportFiles>('GET', pathOf(name, '/files'));
  printAnswer(io, options, json, () => {
    if (body.total === 0) return 'no files';
    const rows = body.files.map(({ file, bytes, made }) => [file, made?.rows ?? null, bytes, made?.token ?? null]);
    const more = body.total - body.files.length;
    return [table(['file', 'rows', 'bytes', 'token'], rows), ...(more > 0 ? [`${more} older files`] : [])].join('\n');
  });
}

export async function getReportFile(
  io: CliIo,
  api: Api,
  name: string,
  file: string | undefined,
  { output }: { readonly output: string },
): Promise<void> {
  if (file !== undefined) return fetchFile(io, api, name, { file }, output);
  const { body } = await api.operate<ReportFiles>('GET', pathOf(name, '/files'));
  const [newest] = body.files;
  if (!newest)
    throw new CliError(`report ${name} has no file yet; \`tidemark report run ${name}\` makes one`, exitCodes.fault);
  return fetchFile(io, api, name, { ...newest.made, file: newest.file }, output);
}

async function fetchFile(
  io: CliIo,
  api: Api,
  name: string,
  { file = '', sha256 }: { readonly file?: string; readonly sha256?: string },
  output: string,
): Promise<void> {
  if (!/^[0-9TZ.]+\.csv$/.test(file)) throw usageError('the file', file, 'one that `tidemark report files` lists');
  const bytes = await api.download(pathOf(name, `/files/${file}`));
  if (sha256 !== undefined && createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new CliError(`${file} is not what was written (its SHA-256 differs); make the report again`, exitCodes.fault);
  }
  if (output === '-') return io.outBytes(bytes);
  try {
    await writeFile(output, bytes);
  } catch (error) {
    throw new CliError(`${output} cannot be written: ${(error as Error).message}`, exitCodes.fault, { cause: error });
  }
  io.err(`${file}: ${grouped(bytes.length)} bytes to ${output}`);
}

function reportLine({ name, title, schedule, tz, nextAt }: Report): string {
  const when = schedule === null ? 'made on demand' : `made at ${schedule} ${tz}, next ${nextAt ?? 'never'}`;
  return [name, ...(title === '' ? [] : [title]), when].join(' · ');
}

function underwayLine({ instant, step, since }: ReportUnderway): string {
  return `${instant} ${step === 'waiting' ? 'waits for other reports' : step} since ${since}`;
}

function tookOf({ startedAt, finishedAt }: ReportRun): string {
  return seconds(Date.parse(finishedAt) - Date.parse(startedAt));
}

function runLine(run: ReportRun): string {
  return `${run.instant} ${outcomeOf(run)}`;
}

function outcomeOf({ outcome, file, rows, code, detail }: ReportRun): string {
  return outcome === 'written' ? `${file}, ${grouped(rows ?? 0)} rows` : `failed: ${code}, ${detail}`;
}
