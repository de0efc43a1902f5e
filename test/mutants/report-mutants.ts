// Mutants of reports: files whole and within their folder, instants made once, who may ask.
import type { Mutant } from './mutant.ts';

const folder = ['serving/report-folder.test.ts'];
const scheduler = ['serving/report-scheduler.test.ts'];
const routes = ['serving/report-routes.test.ts'];

export const reportMutants: readonly Mutant[] = [
  {
    id: 'report-instant-not-owned',
    breaks: 'one instant has one file, whoever writes it',
    file: 'serving/whole-file.ts',
    find: "try {\n    handle = await open(path, 'wx');",
    replace: "try {\n    handle = await open(path, 'w');",
    tests: folder,
  },
  {
    id: 'report-link-followed',
    breaks: 'a link in the folder of the reports is not followed',
    file: 'serving/whole-file.ts',
    find: 'O_RDONLY | O_NOFOLLOW | O_NONBLOCK',
    replace: 'O_RDONLY | (O_NOFOLLOW & 0) | O_NONBLOCK',
    tests: folder,
  },
  {
    id: 'report-written-in-place',
    breaks: 'a CSV is there as a whole or not at all',
    file: 'serving/report-folder.ts',
    find: 'await writeWhole(part!, pieces)',
    replace: 'await writeWhole(csv!, pieces)',
    tests: folder,
  },
  {
    id: 'report-name-not-judged',
    breaks: 'the folder itself refuses names that lead out of it',
    file: 'serving/report-folder.ts',
    find: 'const folder = join(root, parseReportName(report));',
    replace: 'const folder = join(root, report);',
    tests: folder,
  },
  {
    id: 'report-left-over-at-any-age',
    breaks: 'what another process may be writing is not removed',
    file: 'serving/report-folder.ts',
    find: 'if (found === undefined || clock() - found.mtimeMs < leftOverMs) continue;',
    replace: 'if (found === undefined) continue;',
    tests: folder,
  },
  {
    id: 'report-recorded-instants-forgotten',
    breaks: 'a restart knows what was made',
    file: 'serving/report-scheduler.ts',
    find: 'if (recorded !== undefined) handle(at, recorded);',
    replace: '',
    tests: scheduler,
  },
  {
    id: 'report-tried-for-ever',
    breaks: 'what refuses for ten minutes is recorded as failed',
    file: 'serving/report-scheduler.ts',
    find: 'if (mayPass && clock() - since < triedMs) {',
    replace: 'if (mayPass) {',
    tests: scheduler,
  },
  {
    id: 'report-range-told-from-now',
    breaks: 'a relative range is told from the scheduled instant',
    file: 'serving/report-maker.ts',
    find: 'clock: () => occasion.instant',
    replace: 'clock',
    tests: scheduler,
  },
  {
    id: 'report-doubled-time-twice',
    breaks: 'a local time that comes twice is due once',
    file: 'serving/report-schedule.ts',
    find: "const everyHour = hourField === '*';",
    replace: "const everyHour = hourField !== '';",
    tests: ['serving/report-schedule.test.ts'],
  },
  {
    id: 'reports-all-at-once',
    breaks: 'one report is made at a time',
    file: 'serving/report-maker.ts',
    find: 'const turn = last.then(work)',
    replace: 'const turn = work()',
    tests: routes,
  },
  {
    id: 'reports-for-anyone',
    breaks: 'reports are behind the operator token',
    file: 'serving/report-routes.ts',
    find: "scope.addHook('onRequest', async (request) => requireOperator(request, operatorToken));",
    replace: '',
    tests: routes,
  },
  {
    id: 'report-written-recorded-as-failed',
    breaks: 'what is written is recorded so, also where the record failed at first',
    file: 'serving/report-maker.ts',
    find: 'const run = made ?? failure(',
    replace: 'const run = failure(',
    tests: ['serving/report-maker.test.ts'],
  },
  {
    id: 'report-title-not-judged',
    breaks: 'a title that ClickHouse cannot keep is refused',
    file: 'serving/report-parse.ts',
    find: 'if (!title.isWellFormed()) throw',
    replace: 'if (title === undefined) throw',
    tests: routes,
  },
];
