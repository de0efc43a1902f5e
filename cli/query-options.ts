// The options that make a query, for every command that takes one.
import { type Command, Option } from 'commander';

export function addQueryOptions(command: Command): Command {
  return command
    .option('--measures <names>', 'separated by commas; absent: orders,grossMinor by currency')
    .option('--by <dimensions>', 'store, channel, country, currency, category, sku; separated by commas')
    .option('--window <size>', 'minute, 15m, hour, day, week, month or year; absent: one total')
    .option('--from <instant>', 'ISO 8601, or a date (its midnight in the time zone)')
    .option('--to <instant>', 'the first instant that does not belong to the range')
    .option('--last <span>', 'from now back: 90m, 24h, 7d, 4w, 12mo or 2y')
    .option('--range <name>', 'today, yesterday, week-to-date, month-to-date, quarter-to-date or year-to-date')
    .option('--week-start <day>', 'sunday to saturday; monday if absent')
    .option('--tz <zone>', 'time zone of windows, such as America/New_York; UTC if absent')
    .addOption(
      new Option(
        '--attribution <to>',
        "an event's amounts count when it occurred, or when its order was placed",
      ).choices(['event', 'order']),
    )
    .option(
      '--where <dimension=value>',
      'only this value, all after the first "="; repeat it for more values',
      collect,
      [],
    )
    .option('--not <dimension=value>', 'without this value; repeat it for more', collect, [])
    .option('--order <names>', 'measures or dimensions, "-" before one for descending; separated by commas')
    .option('--limit <groups>', 'only the first groups, 1 to 10000')
    .option('--other', 'the rest beyond the limit as one more')
    .option('--compare <with>', 'previous, day-ago, week-ago or year-ago')
    .option('--fill', 'rows also for windows without events');
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
