// Reports: saved queries, run, schedule, download.
import { useTruthStream } from '../data/page-stream.ts';
import { Panel } from '../parts/panel.tsx';

export function ReportsPage() {
  useTruthStream();
  return (
    <>
      <h1 class="unseen">Reports</h1>
      <Panel title="Reports" isLoading />
    </>
  );
}
