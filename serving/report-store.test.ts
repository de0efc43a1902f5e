import { describe } from 'vitest';
import { describeReportStore } from './report-store.contract.ts';
import { createMemoryReportStore } from './test-report-store.ts';

describe('in memory', () => {
  let nowMs = 0;
  const store = createMemoryReportStore(() => nowMs);
  describeReportStore(() => ({ store, setNow: (at) => (nowMs = at) }));
});
