/** Two SES to send to: somebody else's (aws-ses-v2-local, the v1 action) and one of our own that records parameters and fails on demand. */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { openAwsQueryServer, type QueryParameters } from './aws-query-server.ts'

/** Required, not imported: Node and vitest disagree about what the default export of this CommonJS package is. */
const localSes: typeof import('aws-ses-v2-local') = createRequire(import.meta.url)('aws-ses-v2-local')

export interface StoredEmail {
  messageId: string
  from: string
  destination: { to: string[]; cc: string[]; bcc: string[] }
  subject: string
  body: { text?: string; html?: string }
}

/** Its store belongs to the process, so it begins by emptying it: one at a time. */
export async function openLocalSes() {
  const server = await localSes.default({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await fetch(`${url}/clear-store`, { method: 'POST' })
  return {
    url,
    async emails(): Promise<StoredEmail[]> {
      const { emails } = (await (await fetch(`${url}/store`)).json()) as { emails: StoredEmail[] }
      return emails
    },
    /** The email as it would go over SMTP. */
    async mime(messageId: string): Promise<string> {
      const { body } = (await (await fetch(`${url}/get-emlContent?messageId=${messageId}`)).json()) as {
        body: { data: number[] }
      }
      return Buffer.from(body.data).toString('latin1')
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const refuse = ({ 'Destination.ToAddresses.member.1': to = '' }: QueryParameters) =>
  /^[\x21-\x7e]+@[\x21-\x7e]+$/.test(to)
    ? null
    : { status: 400, code: 'InvalidParameterValue', message: `Illegal address: ${to}` }

export const openFakeSes = () => openAwsQueryServer('SendEmail', refuse)
