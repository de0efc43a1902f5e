// All that is loaded later, as one file: what they have in common is compressed once.
export { SaveReport } from '../parts/save-report.tsx';
export { PipelinePage } from './pipeline.tsx';
export { ReportsPage } from './reports.tsx';
