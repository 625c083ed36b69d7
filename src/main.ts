/** The process: configuration, service, listen, and a graceful end. */
import { embeddedSecrets } from './adapters/node/embedded-secrets.ts'
import { ConfigError } from './config/reader.ts'
import { type Config, dataDirectory, readConfig } from './config.ts'
import { demoClient, firstSteps } from './demo.ts'
import { MfaError } from './domain/errors.ts'
import { openService, type Service } from './service.ts'
import { endOnFault, endOnSignal } from './shutdown.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

function configuration(): Config {
  const embedded = process.argv.includes('--embedded')
  try {
    return readConfig(
      undefined,
      embedded ? 'embedded' : 'production',
      embedded ? embeddedSecrets(dataDirectory()) : undefined,
    )
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`portal-mfa cannot start:\n${error.problems.map(problem => `  - ${problem}\n`).join('')}`)
    process.exit(1)
  }
}

/** The service, or the end of the process with what the operator should look at. */
async function opened(...given: Parameters<typeof openService>): Promise<Service> {
  try {
    return await openService(...given)
  } catch (error) {
    const cause = error instanceof MfaError ? error.cause : error
    process.stderr.write(
      `portal-mfa cannot start: ${cause instanceof Error ? cause.message : 'a dependency does not answer'}\n` +
        'Does DATABASE_URL answer, has `npm run migrate` run, and is the master key that the database was made with set?\n',
    )
    process.exit(1)
  }
}

endOnFault()
const config = configuration()
const embedded = config.mode === 'embedded'
const service = await opened(config, { level: config.log.level }, embedded ? { print: say } : {})
endOnSignal(service, config.shutdownDelaySeconds)
await service.app.listen({ host: config.http.host, port: config.http.port })
if (embedded) say(firstSteps(config.http.publicUrl, await demoClient(service.useCases, config.dataDir)))
