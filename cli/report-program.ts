// The commands of `tidemark report` with their options and examples. What they do is in report-command.ts.
import { type Command, Option } from 'commander';
import type { Api } from './api.ts';
import { examples } from './examples.ts';
import type { CliIo } from './io.ts';
import { addQueryOptions } from './query-options.ts';
import {
  getReportFile,
  listReportFiles,
  listReports,
  removeReport,
  runReport,
  type SaveOptions,
  saveReport,
  scheduleReport,
  showReport,
} from './report-command.ts';

const json = () => new Option('--json', 'JSON also on a terminal');
const output = () => new Option('--output <file>', 'where the CSV is written here; - is standard output');

export function addReportCommands(report: Command, io: CliIo, api: () => Api): void {
  report.exitOverride();
  const command = (name: string, description: string) =>
    report.command(name).description(description).showHelpAfterError('(--help shows what is possible)');

  addQueryOptions(
    command('save', 'save a query under a name; one that is there is replaced as a whole').argument('<name>'),
  )
    .option('--title <text>', 'what a person calls it')
    .option('--schedule <cron>', 'when it is made, five fields of cron in the zone of --tz; absent: on demand only')
    .addOption(json())
    .addHelpText(
      'after',
      examples([
        "tidemark report save sales --measures orders,netMinor --by store,currency --range yesterday --schedule '0 6 * * *' --tz Europe/Berlin",
        'each morning, of the day before',
      ]),
    )
    .action((name: string, options: SaveOptions) => saveReport(io, api(), name, options));

  command('list', 'all reports, when each is due and what became of it last')
    .addOption(json())
    .addHelpText('after', examples(['tidemark report list', '']))
    .action((options: { json?: true }) => listReports(io, api(), options));

  command('show', 'one report: its query and its last runs')
    .argument('<name>')
    .addOption(json())
    .addHelpText('after', examples(['tidemark report show sales', '']))
    .action((name: string, options: { json?: true }) => showReport(io, api(), name, options));

  command('run', 'make a report now')
    .argument('<name>')
    .addOption(output())
    .addOption(json())
    .addHelpText('after', examples(['tidemark report run sales --output -', 'the CSV on standard output']))
    .action((name: string, options: { output?: string }) => runReport(io, api(), name, options));

  command('schedule', 'change when a report is made')
    .argument('<name>')
    .argument('[cron]', 'minute, hour, day of month, month, day of week')
    .option('--none', 'on demand only')
    .option('--tz <zone>', 'time zone of the schedule; as it was if absent')
    .addOption(json())
    .addHelpText(
      'after',
      examples(["tidemark report schedule sales '0 6 * * mon-fri'", ''], ['tidemark report schedule sales --none', '']),
    )
    .action((name: string, cron: string | undefined, options: { none?: true; tz?: string }) =>
      scheduleReport(io, api(), name, cron, options),
    );

  command('remove', 'remove a report; its files stay in the folder')
    .argument('<name>')
    .addHelpText('after', examples(['tidemark report remove sales', '']))
    .action((name: string) => removeReport(io, api(), name));

  command('files', 'the newest 100 files of a report')
    .argument('<name>')
    .addOption(json())
    .addHelpText('after', examples(['tidemark report files sales', '']))
    .action((name: string, options: { json?: true }) => listReportFiles(io, api(), name, options));

  command('get', 'a file of a report, the newest if none is named')
    .argument('<name>')
    .argument('[file]', 'as `tidemark report files` lists it')
    .addOption(output().default('-'))
    .addHelpText('after', examples(['tidemark report get sales 20260131T060000Z.csv --output january.csv', '']))
    .action((name: string, file: string | undefined, options: { output: string }) =>
      getReportFile(io, api(), name, file, options),
    );
}
