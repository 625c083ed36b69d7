/** The process: configuration, service, listen, and a graceful end. */
import { setTimeout as wait } from 'node:timers/promises'
import { embeddedSecrets } from './adapters/node/embedded-secrets.ts'
import { type Config, ConfigError, dataDirectory, readConfig } from './config.ts'
import { demoClient, firstSteps } from './demo.ts'
import { MfaError } from './domain/errors.ts'
import { openService, type Service } from './service.ts'

/** Time for running requests to end, after which the process ends anyway; below the usual grace of 30 s. */
const CLOSE_MS = 15_000

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

/** Readiness off, wait for the load balancer to notice, drain, close. A second signal ends at once. */
function closeOnSignal(service: Service, { shutdownDelaySeconds }: Config): void {
  let closing = false
  const onSignal = async () => {
    if (closing) process.exit(1)
    closing = true
    service.drain()
    await wait(shutdownDelaySeconds * 1000)
    const inTime = await Promise.race([service.close().then(() => true), wait(CLOSE_MS, false)])
    process.exit(inTime ? 0 : 1)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

const config = configuration()
const embedded = config.mode === 'embedded'
const service = await opened(config, { level: embedded ? 'warn' : config.log.level }, embedded ? { print: say } : {})
closeOnSignal(service, config)
await service.app.listen({ host: config.http.host, port: config.http.port })
if (embedded) say(firstSteps(config.http.publicUrl, await demoClient(service.useCases, config.dataDir)))
