// A pipeline that holds some events, the first half of them counted by a batch run and the other half live, and its API.
import { encodeToken } from '../../schemas/token.ts';
import type { OrderEvent } from '../../schemas/order-event.ts';
import { openPipeline, type Pipeline, type PipelineOptions } from '../pipeline.ts';
import { until } from '../until.ts';
import { type AskedQuery, parametersOf } from './asked-query.ts';
import type { Given } from './hold-to-oracle.ts';

/** So that events of long ago are not late, and wait for no run. */
const twentyYears = 20 * 365 * 24 * 60;

export interface HalfLive extends AsyncDisposable {
  readonly pipeline: Pipeline;
  get(asked: AskedQuery): Promise<Given>;
  post(asked: AskedQuery): Promise<Given>;
  csv(asked: AskedQuery): Promise<string>;
  /** Counts all by another run, and resolves once answers stand on it. */
  countAll(): Promise<void>;
}

export interface HalfLiveOptions {
  readonly stack: PipelineOptions['stack'];
  readonly counted: readonly OrderEvent[];
  readonly live: readonly OrderEvent[];
  /** What queries take for now. */
  readonly nowMs: number;
}

export async function openHalfLive({ stack, counted, live, nowMs }: HalfLiveOptions): Promise<HalfLive> {
  const resources = new AsyncDisposableStack();
  const pipeline = resources.use(await openPipeline({ stack, horizonMinutes: twentyYears }));
  const speed = resources.use(await pipeline.openSpeed());
  await until('speed is counting', () => speed.waitingFor() === undefined);
  const { app } = resources.use(await pipeline.openServing(() => nowMs));

  const ends = Array.from({ length: pipeline.settings.partitions }, () => 0);
  const send = async (events: readonly OrderEvent[]) => {
    for (const [partition, next] of await pipeline.produce(events)) ends[partition] = next;
  };
  const headers = { 'content-type': 'application/json' };
  const given = ({ statusCode, body }: { statusCode: number; body: string }): Given => ({
    status: statusCode,
    body: JSON.parse(body) as Given['body'],
  });
  const get = async (asked: AskedQuery) => given(await app.inject(`/v1/query?${parametersOf(asked).toString()}`));
  /** Counts what was sent so far, and resolves once answers stand on that run. */
  async function countAll(): Promise<void> {
    const { covered, run } = await pipeline.batch.makeRun(ends);
    if (!covered) throw new Error('the run does not cover what was sent');
    await until('the answer stands on the run', async () => {
      const { provenance } = (await get({ measures: ['orders'] })).body as { provenance?: { run: string } };
      return provenance?.run === run.run;
    });
  }
  await send(counted);
  await countAll();
  await send(live);
  // Waits until answers cover it.
  const token = encodeToken({ generation: pipeline.generation.id, run: '', vector: ends });
  await app.inject(`/v1/query?measures=orders&atLeast=${token}`);

  return {
    pipeline,
    get,
    post: async (asked) =>
      given(await app.inject({ method: 'POST', url: '/v1/query', headers, payload: JSON.stringify(asked) })),
    csv: async (asked) => {
      const response = await app.inject(`/v1/query?${parametersOf({ ...asked }).toString()}&format=csv`);
      return response.body;
    },
    countAll,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
