// The files of reports: <folder>/<report>/<instant>.csv, and beside each <instant>.json with what a table cannot say. A CSV
// is there as a whole or not at all, and never without its JSON; the same instant has one, whoever writes it.
//
//   1. the CSV under a name of its own (.part), flushed to the disk
//   2. the JSON under its final name, made exclusively: whoever makes it owns the instant; flushed to the disk
//   3. the CSV renamed to its final name
//
// A crash before 3 leaves a .part or a JSON without CSV: they are removed once they are older than any writing takes. A CSV
// without JSON is nobody's report, and is written over.
// Links are not followed: neither a report's folder nor a file may be one.
import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { Compile } from 'typebox/compile';
import { Problem } from '../runtime/problem.ts';
import { isReportFile, isReportName, parseReportFile, parseReportName } from './report-parse.ts';
import { type ReportFileEntry, type WrittenRun, writtenRunSchema } from '../api/report-schema.ts';
import { openPlain, syncFolder, type Written, writeOnce, writeWhole } from './whole-file.ts';

interface OpenedFile {
  readonly bytes: number;
  readonly stream: Readable;
}

/** All of them fail with 503 `report-folder-failed` where the folder cannot be used. */
export interface ReportFolder {
  /** `tell` makes the JSON; undefined where the instant has its file, or somebody is about to write it. */
  write(
    report: string,
    file: string,
    pieces: Iterable<string>,
    tell: (written: Written) => WrittenRun,
  ): Promise<WrittenRun | undefined>;
  /** What lies beside the file; undefined where the file is not there, null where only the JSON is not. */
  made(report: string, file: string): Promise<WrittenRun | null | undefined>;
  /** Newest first. */
  list(report: string, limit: number): Promise<{ files: ReportFileEntry[]; total: number }>;
  open(report: string, file: string): Promise<OpenedFile | undefined>;
  /** Removes all but the newest files; tells which. */
  removeOld(report: string, keep: number): Promise<string[]>;
  /** Removes what crashes left in the folder of a report, or in all. */
  removeLeftOver(report?: string): Promise<string[]>;
}

/** No writing takes so long: an answer is formed before it begins. */
const leftOverMs = 10 * 60_000;
const writtenRun = Compile(writtenRunSchema);

export function openReportFolder(path: string, clock: () => number): ReportFolder {
  const root = resolve(path);
  const jsonOf = (file: string) => file.replace(/\.csv$/, '.json');

  /** The report's folder; undefined where there is none. */
  async function folderOf(report: string): Promise<string | undefined> {
    const folder = join(root, parseReportName(report));
    const found = await lstat(folder).catch(orMissing);
    if (found === undefined) return undefined;
    if (found.isDirectory()) return folder;
    throw folderFailed(`${report} is no folder`);
  }

  async function entriesOf(report: string): Promise<{ folder: string; entries: Dirent[] }> {
    const folder = await folderOf(report);
    if (folder === undefined) return { folder: '', entries: [] };
    return { folder, entries: (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()) };
  }

  /** Newest first. */
  async function filesOf(report: string): Promise<{ folder: string; files: string[] }> {
    const { folder, entries } = await entriesOf(report);
    const files = entries.map(({ name }) => name).filter(isReportFile);
    return { folder, files: files.toSorted().toReversed() };
  }

  async function readMade(folder: string, file: string): Promise<WrittenRun | null> {
    const handle = await openPlain(join(folder, jsonOf(file)));
    if (!handle) return null;
    await using opened = handle;
    const made = parseOrNothing(await opened.readFile('utf8'));
    return writtenRun.Check(made) ? made : null;
  }

  async function removeLeftOverOf(report: string): Promise<string[]> {
    const { folder, entries } = await entriesOf(report);
    const names = new Set(entries.map(({ name }) => name));
    const unfinished = [...names].filter((name) => {
      // Only what has the name of a report's file: the folder may hold what others put there.
      const csv = csvOf(name);
      return csv !== undefined && isReportFile(csv) && (name.endsWith('.part') || !names.has(csv));
    });
    const removed: string[] = [];
    for (const name of unfinished) {
      const found = await lstat(join(folder, name)).catch(orMissing);
      if (found === undefined || clock() - found.mtimeMs < leftOverMs) continue;
      await rm(join(folder, name), { force: true });
      removed.push(name);
    }
    return removed;
  }

  const guarded = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error: unknown) => {
      throw error instanceof Problem ? error : folderFailed(error instanceof Error ? error.message : String(error));
    });

  return {
    write: (report, file, pieces, tell) =>
      guarded(async () => {
        parseReportFile(file);
        await mkdir(join(root, parseReportName(report)), { recursive: true });
        const folder = (await folderOf(report))!;
        const [csv, json, part] = [file, jsonOf(file), `.${file}.${randomUUID()}.part`].map((n) => join(folder, n));
        let owned = false;
        try {
          const written = await writeWhole(part!, pieces);
          const told = tell(written);
          owned = await writeOnce(json!, `${JSON.stringify(told, null, 2)}\n`);
          if (!owned) return undefined;
          await rename(part!, csv!);
          owned = false;
          await syncFolder(folder);
          return told;
        } finally {
          await rm(part!, { force: true });
          if (owned) await rm(json!, { force: true });
        }
      }),
    made: (report, file) =>
      guarded(async () => {
        const { folder, files } = await filesOf(report);
        return files.includes(parseReportFile(file)) ? readMade(folder, file) : undefined;
      }),
    list: (report, limit) =>
      guarded(async () => {
        const { folder, files } = await filesOf(report);
        const told: ReportFileEntry[] = [];
        for (const file of files.slice(0, limit)) {
          const found = await lstat(join(folder, file)).catch(orMissing);
          if (found) told.push({ file, bytes: found.size, made: await readMade(folder, file) });
        }
        return { files: told, total: files.length };
      }),
    open: (report, file) =>
      guarded(async () => {
        const folder = await folderOf(report);
        const handle = folder === undefined ? undefined : await openPlain(join(folder, parseReportFile(file)));
        if (!handle) return undefined;
        return { bytes: (await handle.stat()).size, stream: handle.createReadStream() };
      }),
    removeOld: (report, keep) =>
      guarded(async () => {
        const { folder, files } = await filesOf(report);
        const old = files.slice(keep);
        for (const file of old) {
          await rm(join(folder, file), { force: true });
          await rm(join(folder, jsonOf(file)), { force: true });
        }
        return old;
      }),
    removeLeftOver: (report) =>
      guarded(async () => {
        if (report !== undefined) return removeLeftOverOf(report);
        const entries = (await readdir(root, { withFileTypes: true }).catch(orMissing)) ?? [];
        const reports = entries.filter((entry) => entry.isDirectory() && isReportName(entry.name));
        const removed: string[] = [];
        for (const { name } of reports) {
          removed.push(...(await removeLeftOverOf(name)).map((left) => `${name}/${left}`));
        }
        return removed;
      }),
  };
}

/** The file that a .part or a JSON is of; undefined for other names. */
function csvOf(name: string): string | undefined {
  const [, ofPart, ofJson] = /^\.(.+\.csv)\.[^.]+\.part$|^(.+)\.json$/.exec(name) ?? [];
  return ofPart ?? (ofJson === undefined ? undefined : `${ofJson}.csv`);
}

function orMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function folderFailed(why: string): Problem {
  return new Problem({
    code: 'report-folder-failed',
    status: 503,
    title: 'Report folder failed',
    detail: `the folder of the reports cannot be used: ${why.slice(0, 300)}`,
    retryAfterSeconds: 5,
  });
}
