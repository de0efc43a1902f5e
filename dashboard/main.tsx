// The dashboard in the browser: state from the address, one stream, the page that the address names.
import { render } from 'preact';
import { loadDefinitions } from './data/definitions.ts';
import { keepLive } from './data/live.ts';
import { followHistory, go, pageState } from './data/navigation.ts';
import type { Page } from './data/page-state.ts';
import { useTruthStream } from './data/page-stream.ts';
import { followExtent } from './data/status.ts';
import { followVisibility } from './data/visibility.ts';
import { pageTitles } from './data/words.ts';
import { PipelinePage } from './pages/pipeline.tsx';
import { ReportsPage } from './pages/reports.tsx';
import { TodayPage } from './pages/today.tsx';
import { Shell } from './parts/shell.tsx';

function Dashboard() {
  const { page } = pageState.value;
  return <Shell>{page === 'today' ? <TodayPage /> : <OtherPage page={page} />}</Shell>;
}

function OtherPage({ page }: { page: Exclude<Page, 'today'> }) {
  useTruthStream();
  return (
    <>
      <h1 class="unseen">{pageTitles[page]}</h1>
      {page === 'pipeline' ? <PipelinePage /> : <ReportsPage />}
    </>
  );
}

followHistory();
followVisibility();
go({}, 'replace');
keepLive();
void loadDefinitions();
followExtent();
const app = document.getElementById('app')!;
app.textContent = '';
render(<Dashboard />, app);
