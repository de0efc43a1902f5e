// All mutants.
import { batchMutants } from './batch-mutants.ts';
import { contractMutants } from './contract-mutants.ts';
import { dashboardMutants } from './dashboard-mutants.ts';
import type { Mutant } from './mutant.ts';
import { reportMutants } from './report-mutants.ts';
import { servingMutants } from './serving-mutants.ts';
import { speedMutants } from './speed-mutants.ts';

export const mutants: readonly Mutant[] = [
  ...contractMutants,
  ...speedMutants,
  ...batchMutants,
  ...servingMutants,
  ...reportMutants,
  ...dashboardMutants,
];
