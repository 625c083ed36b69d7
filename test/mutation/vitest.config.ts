import { defineConfig } from 'vitest/config'

/** What Stryker runs for each mutant: the suites that need no server and no PGlite, so that a verdict costs little. */
export default defineConfig({
  test: {
    include: [
      'test/unit/{caller,code,contact,decision,destination,eligibility,errors,ids,limits,memory-stores}.test.ts',
      'test/unit/{message,methods,settings,settings-change,skip,token-claims,sound-dates,guessing,event-chain,instant,retention-cut}.test.ts',
      'test/unit/{sealed-box,sealing,secrecy,signing-keys,tokens,assertions,client-key,client-keys,client-tokens,random}.test.ts',
      'test/unit/{authenticate-caller,authenticate-client,compare-code,issue-token,step-up,watch-guesses}.test.ts',
      'test/contract/{code-store,send-limits,idempotency-records}.contract.test.ts',
    ],
    provide: { inProcessOnly: true },
  },
})
