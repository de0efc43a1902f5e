// The dashboard in the browser: state from the address, one stream, the page that the address names.
import { render } from 'preact';
import { loadDefinitions } from './data/definitions.ts';
import { keepLive } from './data/live.ts';
import { followHistory, go, pageState } from './data/navigation.ts';
import { loadExtent } from './data/status.ts';
import { followVisibility } from './data/visibility.ts';
import { PipelinePage } from './pages/pipeline.tsx';
import { ReportsPage } from './pages/reports.tsx';
import { TodayPage } from './pages/today.tsx';
import { Shell } from './parts/shell.tsx';

const pages = { today: TodayPage, pipeline: PipelinePage, reports: ReportsPage };

function Dashboard() {
  const ThePage = pages[pageState.value.page];
  return (
    <Shell>
      <ThePage />
    </Shell>
  );
}

followHistory();
followVisibility();
go({}, 'replace');
keepLive();
void loadDefinitions();
void loadExtent();
const app = document.getElementById('app')!;
app.textContent = '';
render(<Dashboard />, app);
