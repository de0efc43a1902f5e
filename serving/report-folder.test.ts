// The folder of reports on a real file system: whole files only, one an instant, nothing outside of it.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openReportFolder, type ReportFolder } from './report-folder.ts';
import type { WrittenRun } from '../api/report-schema.ts';
import type { Written } from './whole-file.ts';

const file = '20261101T060000Z.csv';
const json = '20261101T060000Z.json';
const instant = '2026-11-01T06:00:00.000Z';
const told = (written: Written): WrittenRun => ({
  report: 'sales',
  instant,
  trigger: 'schedule',
  skipped: 0,
  startedAt: instant,
  finishedAt: instant,
  outcome: 'written',
  file,
  rows: 1,
  ...written,
  query: { from: '2026-11-01' },
  currencies: { USD: 2 },
  generation: 'g',
  run: 'r',
  token: 't',
  vector: [1],
  deferredRecords: 0,
  notes: [],
});

let outside: string;
let root: string;
let folder: ReportFolder;
let nowMs: number;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'tidemark-reports-'));
  root = join(outside, 'reports');
  nowMs = Date.now();
  folder = openReportFolder(root, () => nowMs);
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

const inFolder = () => readdirSync(join(root, 'sales')).toSorted();
const write = (pieces: Iterable<string> = ['a,b\r\n', '1,2\r\n'], name = file) =>
  folder.write('sales', name, pieces, told);

describe('writing', () => {
  test('leaves the CSV, and beside it what a table cannot say with the size and the hash of the bytes', async () => {
    const long = Array.from({ length: 30_000 }, (_, i) => `${i},ü\r\n`);
    const run = await write(long);
    expect(inFolder()).toEqual([file, json]);
    const bytes = readFileSync(join(root, 'sales', file));
    expect(bytes.toString()).toBe(long.join(''));
    expect(run).toMatchObject({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    expect(JSON.parse(readFileSync(join(root, 'sales', json), 'utf8'))).toEqual(run);
    expect(await folder.made('sales', file)).toEqual(run);
  });

  test('what fails half-way leaves nothing', async () => {
    function* failing() {
      yield 'x'.repeat(100_000);
      throw new Error('no more');
    }
    await expect(write(failing())).rejects.toMatchObject({ fields: { code: 'report-folder-failed' } });
    expect(inFolder()).toEqual([]);
    const fails = () => {
      throw new Error('no JSON');
    };
    await expect(folder.write('sales', file, ['a'], fails)).rejects.toMatchObject({ message: /no JSON/ });
    expect(inFolder()).toEqual([]);
  });

  test('until it is done, nothing has the final name', async () => {
    const seen: string[][] = [];
    function* watched() {
      yield 'x'.repeat(100_000);
      seen.push(inFolder());
      yield 'y';
    }
    await write(watched());
    expect(seen).toEqual([[expect.stringMatching(/^\.20261101T060000Z\.csv\..*\.part$/)]]);
  });

  test('two processes at the same instant make one file', async () => {
    const other = openReportFolder(root, () => nowMs);
    const both = await Promise.all([write(['one']), other.write('sales', file, ['two'], told)]);
    expect(both.filter((run) => run !== undefined)).toHaveLength(1);
    const kept = readFileSync(join(root, 'sales', file), 'utf8');
    expect(kept).toBe(both[0] ? 'one' : 'two');
    expect(inFolder()).toEqual([file, json]);
    expect(await write(['three'])).toBeUndefined();
    expect(readFileSync(join(root, 'sales', file), 'utf8')).toBe(kept);
  });

  test('a folder that cannot be used is a problem that may pass', async () => {
    writeFileSync(root, 'a file');
    await expect(write()).rejects.toMatchObject({ fields: { code: 'report-folder-failed', status: 503 } });
  });
});

describe('nothing outside the folder', () => {
  test.each(['../x', 'a/b', '', '.', '..', 'x'.repeat(64), 'ünicode', 'A', '-a', 'a\0', 'a\n'])(
    'a report named %j is refused everywhere',
    async (name) => {
      const refused = { fields: { code: 'bad-report-name', status: 400 } };
      await expect(folder.write(name, file, ['x'], told)).rejects.toMatchObject(refused);
      await expect(folder.open(name, file)).rejects.toMatchObject(refused);
      await expect(folder.list(name, 9)).rejects.toMatchObject(refused);
      expect(readdirSync(outside)).toEqual([]);
    },
  );

  test.each([
    '../../x.csv',
    'x.csv',
    '20261101T060000Z.json',
    '20261101T060000Z.csv\n',
    '.20261101T060000Z.csv.1.part',
  ])('a file named %j is refused', async (name) => {
    await write();
    await expect(folder.open('sales', name)).rejects.toMatchObject({ fields: { code: 'bad-report-name' } });
    await expect(write(['x'], name)).rejects.toMatchObject({ fields: { code: 'bad-report-name' } });
    expect(inFolder()).toEqual([file, json]);
  });

  test('a link in the place of a file is not followed, neither to read nor to write', async () => {
    writeFileSync(join(outside, 'secret'), 'secret');
    mkdirSync(join(root, 'sales'), { recursive: true });
    symlinkSync(join(outside, 'secret'), join(root, 'sales', file));
    expect(await folder.open('sales', file)).toBeUndefined();
    expect(await folder.list('sales', 9)).toEqual({ files: [], total: 0 });
    await write(['ours']);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(readFileSync(join(root, 'sales', file), 'utf8')).toBe('ours');
  });

  test('a link in the place of the JSON is not followed either', async () => {
    mkdirSync(join(root, 'sales'), { recursive: true });
    symlinkSync(join(outside, 'made'), join(root, 'sales', json));
    expect(await write()).toBeUndefined();
    expect(existsSync(join(outside, 'made'))).toBe(false);
  });

  test('a link in the place of a report is no folder', async () => {
    mkdirSync(join(outside, 'elsewhere'));
    mkdirSync(root);
    symlinkSync(join(outside, 'elsewhere'), join(root, 'sales'));
    await expect(write()).rejects.toMatchObject({ fields: { code: 'report-folder-failed' } });
    await expect(folder.list('sales', 9)).rejects.toMatchObject({ fields: { code: 'report-folder-failed' } });
    expect(readdirSync(join(outside, 'elsewhere'))).toEqual([]);
  });
});

describe('what there is', () => {
  const at = (minute: number) => `20261101T06${String(minute).padStart(2, '0')}00Z.csv`;

  test('newest first, bounded; a file whose JSON is gone or damaged is told without it', async () => {
    for (const minute of [1, 3, 2]) await write([`${minute}`], at(minute));
    writeFileSync(join(root, 'sales', at(3).replace('csv', 'json')), '{"half":');
    rmSync(join(root, 'sales', at(2).replace('csv', 'json')));
    writeFileSync(join(root, 'sales', 'notes.txt'), '');
    const { files, total } = await folder.list('sales', 2);
    expect(total).toBe(3);
    expect(files).toEqual([
      { file: at(3), bytes: 1, made: null },
      { file: at(2), bytes: 1, made: null },
    ]);
    expect((await folder.list('sales', 9)).files[2]).toMatchObject({ file: at(1), made: { token: 't' } });
    expect(await folder.list('nobody', 9)).toEqual({ files: [], total: 0 });
  });

  test('a file is read as it was written', async () => {
    await write();
    const opened = await folder.open('sales', file);
    expect([opened!.bytes, await text(opened!.stream)]).toEqual([10, 'a,b\r\n1,2\r\n']);
    expect(await folder.open('sales', at(9))).toBeUndefined();
  });

  test('only the newest are kept, with what lies beside them', async () => {
    for (const minute of [1, 2, 3]) await write(['x'], at(minute));
    expect(await folder.removeOld('sales', 2)).toEqual([at(1)]);
    expect(inFolder()).toEqual([at(2), at(3)].flatMap((name) => [name, name.replace('csv', 'json')]));
  });
});

describe('after a crash', () => {
  const leave = (name: string, ageMs: number) => {
    mkdirSync(join(root, 'sales'), { recursive: true });
    writeFileSync(join(root, 'sales', name), 'half');
    const then = new Date(nowMs - ageMs);
    utimesSync(join(root, 'sales', name), then, then);
  };

  test('what no writing can still be at is removed, what may be under way is left', async () => {
    await write();
    leave(`.${file}.1.part`, 11 * 60_000);
    leave('20261101T070000Z.json', 11 * 60_000);
    leave(`.${file}.2.part`, 60_000);
    leave('20261101T080000Z.json', 60_000);
    expect(await folder.removeLeftOver()).toEqual([`sales/.${file}.1.part`, 'sales/20261101T070000Z.json']);
    expect(inFolder()).toEqual([`.${file}.2.part`, file, json, '20261101T080000Z.json']);
  });

  test('what others put there is left, however old it is', async () => {
    const names = ['.download.part', '.sales.csv.1.part', 'package.json', 'settings.json'];
    for (const name of names) leave(name, 60 * 60_000);
    expect(await folder.removeLeftOver()).toEqual([]);
    expect(inFolder()).toEqual(names);
  });

  test('an instant whose writer died between JSON and CSV is written once its JSON is old', async () => {
    leave(json, 60_000);
    expect(await write()).toBeUndefined();
    expect(await folder.made('sales', file)).toBeUndefined();
    nowMs += 11 * 60_000;
    await folder.removeLeftOver('sales');
    expect(await write()).toMatchObject({ file });
  });

  test('a CSV without its JSON is no report and is written over', async () => {
    leave(file, 0);
    await write(['whole']);
    expect(readFileSync(join(root, 'sales', file), 'utf8')).toBe('whole');
  });

  test('without a folder there is nothing to remove', async () => {
    expect(await folder.removeLeftOver()).toEqual([]);
  });
});
