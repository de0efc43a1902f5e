import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// One configuration: unit tests and integration tests run together, on one stack that test/stack.ts provides.
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', '.tidemark/**'],
    pool: 'forks',
    // Tests wait for stores more than they compute.
    maxWorkers: Math.max(3, availableParallelism()),
    globalSetup: ['test/stack.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
