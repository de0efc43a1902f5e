// The pipeline at work, for whoever is called at night: what is wrong and what to do first, then the figures behind it.
import { signal } from '@preact/signals';
import { client } from '../data/client.ts';
import { clockTime } from '../data/format.ts';
import { pageState } from '../data/navigation.ts';
import type { Status } from '../data/pipeline.ts';
import { type Sample, sampleEveryMs, sampleOf, withSample } from '../data/samples.ts';
import { useTimed } from '../data/timed.ts';
import { DeadLetters } from './pipeline/dead-letters.tsx';
import { LedgerPanel } from './pipeline/ledger.tsx';
import { Partitions } from './pipeline/partitions.tsx';
import { RateCharts } from './pipeline/rate-charts.tsx';
import { Runs } from './pipeline/runs.tsx';
import { Verdict } from './pipeline/verdict.tsx';

/** Of the last minutes; kept when the reader looks at another page and comes back. */
const samples = signal<readonly Sample[]>([]);

const remember = (status: Status): void => {
  samples.value = withSample(samples.value, sampleOf(status, Date.now()));
};

export function PipelinePage() {
  const { answer: status, answeredAtMs, problem } = useTimed(client.status, sampleEveryMs, remember).value;
  const told = useTimed(client.batchRuns, 5_000).value;
  const runs = told.answer?.runs;
  const asOf = problem && `as of ${clockTime(answeredAtMs, pageState.value.tz)}`;
  const props = { status: status!, asOf };
  return (
    <>
      <Verdict status={status} runs={runs ?? []} samples={samples.value} atMs={answeredAtMs} problem={problem} />
      {status && (
        <>
          {/* Before the first record there is no rate. */}
          {status.totals.records > 0 && <RateCharts samples={samples.value} isOld={problem !== undefined} />}
          <div class="columns pipeline">
            <Partitions {...props} samples={samples.value} />
            <LedgerPanel {...props} />
          </div>
          <div class="columns pipeline">
            <Runs runs={runs} problem={asOf ? undefined : told.problem} asOf={asOf} />
            <DeadLetters {...props} />
          </div>
        </>
      )}
    </>
  );
}
