/** Mutation testing of what counts, compares, expires and binds; `npm run test:mutation`, figures in ../README.md. */
export default {
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  mutate: [
    'src/domain/**/*.ts',
    // Words alone: what messages say, and the names of events.
    '!src/domain/messages/en.ts',
    '!src/domain/event.ts',
    'src/adapters/memory/{code-store,code-record,send-limits}.ts',
    'src/adapters/node/{tokens,client-tokens,signing-keys,sealed-box,secrecy}.ts',
    'src/usecases/{compare-code,watch-guesses,step-up,issue-token,authenticate-caller,authenticate-client}.ts',
  ],
  // Named so that it is not found: Stryker would read tsconfig.json with an API that TypeScript 7 does not have.
  tsconfigFile: 'none',
  ignorePatterns: ['/reports', '/.data'],
  // The pace of two cores, one of which is the main process.
  concurrency: 1,
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  tempDirName: 'reports/mutation/sandbox',
  thresholds: { high: 95, low: 85, break: 85 },
}
