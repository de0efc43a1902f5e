// The numbers that `npm start` ends with: totals of the real orders, and how the records were counted, all as the API
// answers them.
import type { Status } from '../api/client.ts';
import type { Api, BatchRunAnswer } from './api.ts';
import { CliError, exitCodes } from './errors.ts';
import { grouped, money, table } from './render.ts';

/** The real orders lie in these years, the live shop does not. */
const realOrders = { from: '2014-01-01T00:00:00Z', to: '2019-01-01T00:00:00Z' };

export async function readTotals(api: Api, atLeast: string): Promise<string> {
  const measures = ['orders', 'grossMinor', 'units', 'fulfilledOrders'];
  const { rows } = (await api.query({ measures, by: ['currency'], ...realOrders, atLeast })).body;
  if (rows.length === 0) throw new CliError('the answer holds no orders of 2014 to 2018', exitCodes.fault);
  return table(
    ['orders', 'gross', 'units', 'fulfilled'],
    rows.map((row) => [
      numberOf(row['orders']),
      money(numberOf(row['grossMinor']), row['currency'] as string),
      numberOf(row['units']),
      numberOf(row['fulfilledOrders']),
    ]),
  );
}

/** `before`: the state when all records were seen, `run`: the batch run after it. */
export function countingLine(before: Status['totals'], run: BatchRunAnswer): string {
  const { records, liveCounted, deferred } = before;
  const counted = run.ledger?.counted;
  const batch = counted === undefined ? 'batch counted an unknown number' : `batch counted ${grouped(counted)}`;
  return `${grouped(records)} records, live ${grouped(liveCounted)}, deferred ${grouped(deferred)}, ${batch}`;
}

function numberOf(cell: unknown): number | bigint {
  if (typeof cell === 'number' || typeof cell === 'bigint') return cell;
  throw new CliError(`the answer holds ${JSON.stringify(cell)} where a number is expected`, exitCodes.fault);
}
