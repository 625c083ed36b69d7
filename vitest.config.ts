import { defineConfig } from 'vitest/config'

/** Suites that let servers fail, processes die and requests be random: `npm run test:all` alone runs them. */
const LONG = ['test/fault/**/*.test.ts', 'test/fuzz/**/*.test.ts']

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    // Real servers answer these tests, on machines of two cores.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'quick', include: ['test/**/*.test.ts'], exclude: LONG } },
      { extends: true, test: { name: 'long', include: LONG, sequence: { groupOrder: 1 } } },
    ],
  },
})
