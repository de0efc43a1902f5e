// The stand by hand, to look at the dashboard while it is made: a stack of its own with eight days of the simulated shop
// (or with `--superstore` the real orders alone) and a batch run each minute. Prints the address; stops on Ctrl-C.
//
//   node test/browser/main.ts [--superstore | --empty] [--port 18480]
//
// `node dashboard/build.ts FOLDER` with the folder that it prints renews the page.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { parseExactly } from '../../api/exact-json.ts';
import type { EventInput } from '../../cli/event-input.ts';
import { shopHistory, trickle } from '../../cli/live-shop.ts';
import { readSuperstore } from '../../cli/superstore.ts';
import { openStack } from '../stack.ts';
import { openStand } from './stand.ts';

const { values } = parseArgs({
  options: {
    superstore: { type: 'boolean', default: false },
    empty: { type: 'boolean', default: false },
    port: { type: 'string', default: '18480' },
  },
});
const asked = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => asked.abort());

const { urls, close } = await openStack(process.env);
try {
  const port = Number(values.port);
  await using stand = await openStand(urls, { serving: port, ingest: port + 1 });
  if (values.superstore) await stand.post(readSuperstore());
  else if (!values.empty) {
    await stand.post([...shopHistory(Date.now())].map(({ json }) => parseExactly(String(json)) as EventInput));
  }
  const runs = setInterval(() => void stand.pipeline.batch.makeRun().catch(() => undefined), 60_000);
  process.stdout.write(
    `${stand.url}  (ingest ${stand.ingestUrl}, page from ${stand.dashboardFolder}, operator token ${stand.pipeline.settings.operatorToken})\n`,
  );
  if (values.superstore || values.empty) await once(asked.signal, 'abort');
  else {
    const live = { ingestUrl: stand.ingestUrl, signal: asked.signal, startMs: Date.now(), onTrouble: () => undefined };
    await trickle(live).catch(() => undefined);
  }
  clearInterval(runs);
} finally {
  await close();
}
