// All that is loaded later, as one file: what they have in common is compressed once.
export { PipelinePage } from './pipeline.tsx';
export { ReportsPage, SaveReport } from './reports.tsx';
