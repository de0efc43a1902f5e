// The pipeline at work: partitions, runs, dead letters.
import { useTruthStream } from '../data/page-stream.ts';
import { Panel } from '../parts/panel.tsx';

export function PipelinePage() {
  useTruthStream();
  return (
    <>
      <h1 class="unseen">Pipeline</h1>
      <Panel title="Pipeline" isLoading />
    </>
  );
}
