import type { AddressInfo } from 'node:net'
import type { TestService } from '../support/service.ts'

/** Lets every instance listen, and names the ports. */
export async function listening({ instances }: TestService): Promise<number[]> {
  await Promise.all(instances.map(({ app }) => app.listen({ host: '127.0.0.1', port: 0 })))
  return instances.map(({ app }) => (app.server.address() as AddressInfo).port)
}
