// The commands of `tidemark` with their options and examples. What they do lies in a file each.
import { Command, InvalidArgumentError, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import type { Api } from './api.ts';
import { runBatch } from './batch-command.ts';
import { connect } from './connection.ts';
import { runDoctor } from './doctor.ts';
import { examples } from './examples.ts';
import { runImport } from './import-command.ts';
import type { CliIo } from './io.ts';
import { runQuery } from './query-command.ts';
import { addQueryOptions } from './query-options.ts';
import { addReportCommands } from './report-program.ts';
import { runSimulate } from './simulate-command.ts';
import { runStart } from './start.ts';
import { runStatus } from './status-command.ts';
import { runDown, runUp } from './up-command.ts';

const json = () => new Option('--json', 'JSON also on a terminal');

export function createProgram(io: CliIo): Command {
  const api = (): Api => connect(io);
  const program = new Command('tidemark')
    .description('Statistics over a stream of shop orders, live within milliseconds and exact to the last order.')
    .version(packageJson.version)
    .showHelpAfterError('(--help shows what is possible)')
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.err(text.trimEnd()) })
    .exitOverride()
    .addHelpText(
      'after',
      examples(
        ['tidemark query --measures orders,grossMinor --by store --from 2014-01-01 --to 2018-01-01', 'totals by store'],
        ['tidemark status', 'how far each layer is'],
      ) +
        '\nAddresses: TIDEMARK_SERVING_URL (http://127.0.0.1:8080), TIDEMARK_INGEST_URL (http://127.0.0.1:8081).\n' +
        'Exit codes: 0 done, 1 fault, 2 usage, 69 a service is not available.',
    );
  const command = (name: string, description: string, parent: Command = program) =>
    parent.command(name).description(description).showHelpAfterError('(--help shows what is possible)');

  command(
    'start',
    'what `npm start` does: start everything, import the real orders once, print totals, let a live shop trickle in',
  )
    .option('--no-live', 'without the last 8 days and the live shop')
    .option('--exit', 'stop everything after printing')
    .option('--fresh', 'begin anew: removes the data in .tidemark (tools and secrets stay)')
    .option('--docker', 'stores and services by docker compose instead of the local stack')
    .addHelpText('after', examples(['tidemark start --no-live --exit', 'a smoke test from nothing to exact totals']))
    .action((options: { live: boolean; exit?: true; fresh?: true; docker?: true }) => runStart(io, options));

  command('up', 'start the stores and the four services; runs until Ctrl-C or `tidemark down`')
    .option('--fresh', 'begin anew: removes the data in .tidemark (tools and secrets stay)')
    .addHelpText('after', examples(['tidemark up', 'goes on with the data of the last start']))
    .action((options: { fresh?: true }) => runUp(io, options));

  command('down', 'stop what `tidemark up` or `npm start` started; data stays')
    .addHelpText('after', examples(['tidemark down', 'also cleans up after a start that was killed']))
    .action(() => runDown(io));

  command('import', 'send events to ingest: the real orders, or a file with one JSON event a line')
    .argument('<source>', '"superstore" or FILE.ndjson')
    .option('--rate <events>', 'events a second; as fast as it goes if absent', above(0))
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        ['tidemark import superstore', 'twice changes nothing'],
        ['tidemark import events.ndjson --rate 500', ''],
      ),
    )
    .action((source: string, options: { rate?: number }) => runImport(io, api(), source, options));

  command('simulate', 'send a seeded simulation of a shop and print its own totals')
    .option('--seed <number>', 'same seed and same start: same events', whole(0), 1)
    .option('--rate <events>', 'events a second', above(0), 100)
    .option('--count <events>', 'how many events', whole(1), 1_000)
    .option('--start <instant>', 'when the simulation begins, ISO 8601; now if absent')
    .option('--days-late <share>', 'share of orders that occurred days before they arrive, 0 to 1', share, 0)
    .addOption(json())
    .addHelpText(
      'after',
      examples(['tidemark simulate --seed 1 --count 20000 --rate 2000', 'ten seconds of a busy shop']),
    )
    .action((options: { seed: number; rate: number; count: number; start?: string; daysLate: number }) =>
      runSimulate(io, api(), options),
    );

  addQueryOptions(command('query', 'ask for statistics'))
    .option('--at-least <token>', 'wait, bounded, for an answer that covers the token')
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        [
          'tidemark query --measures orders,grossMinor --by store --from 2014-01-01 --to 2018-01-01',
          'the real orders by region',
        ],
        [
          'tidemark query --measures orders,netMinor --by currency --window day --where store=West --where store=East',
          '',
        ],
        ['tidemark query --measures units --by category --not category=Furniture', ''],
        ['tidemark query --measures orders,netMinor --by store --range month-to-date --compare previous', ''],
        ['tidemark query --measures units --by sku --last 7d --order=-units --limit 10 --other', 'the top ten'],
      ),
    )
    .action((options: Parameters<typeof runQuery>[2]) => runQuery(io, api(), options));

  command('status', 'tidemark, vectors, lag, ledger, dead letters, runs')
    .addOption(json())
    .addHelpText('after', examples(['tidemark status --json', 'all of it']))
    .action((options: { json?: true }) => runStatus(io, api(), options));

  const batch = command('batch', 'the batch layer').exitOverride();
  command('run', 'make a batch run now', batch)
    .option('--cover <token>', 'wait, bounded, until the run covers the token')
    .addOption(json())
    .addHelpText('after', examples(['tidemark batch run', 'needs the operator token']))
    .action((options: { cover?: string }) => runBatch(io, api(), options));

  addReportCommands(command('report', 'saved queries, made on a schedule or on demand, as CSV'), io, api);

  command('doctor', 'look at tools, ports, disk and services, and say what to do')
    .addOption(json())
    .addHelpText('after', examples(['tidemark doctor', 'exit code 1 where something is wrong']))
    .action((options: { json?: true }) => runDoctor(io, api(), options));
  return program;
}

function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} on.`);
  };
}

function above(bound: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value > bound) return value;
    throw new InvalidArgumentError(`Expected a number above ${bound}.`);
  };
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number from 0 to 1.');
}
