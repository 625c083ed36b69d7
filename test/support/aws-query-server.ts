/** A small AWS: one action of the query protocol over real HTTP, recording what arrives and failing on demand. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** QueryParameters of one request, as they were on the wire. */
export type QueryParameters = Readonly<Record<string, string>>

export interface AwsError {
  status: number
  code: string
  message: string
}

/** `stall` reads the request and never answers; `reset` reads it and drops the connection. */
export type Behaviour = 'accept' | 'stall' | 'reset' | AwsError | ((parameters: QueryParameters) => AwsError)

export interface AwsQueryServer {
  url: string
  /** Every request that arrived whole, refused ones included, oldest first. */
  requests: QueryParameters[]
  /** The region that each of them was signed for. */
  regions: (string | undefined)[]
  /** From now on. */
  behave(behaviour: Behaviour): void
  close(): Promise<void>
}

/** `refuse` looks at the parameters like the real service: a fake that accepts everything proves nothing. */
export async function openAwsQueryServer(
  action: string,
  refuse: (parameters: QueryParameters) => AwsError | null,
): Promise<AwsQueryServer> {
  const requests: QueryParameters[] = []
  const regions: (string | undefined)[] = []
  let behaviour: Behaviour = 'accept'
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const parameters = Object.fromEntries(new URLSearchParams(await text(request)))
    requests.push(parameters)
    regions.push(request.headers.authorization?.match(/Credential=[^/]+\/\d+\/([^/]+)\//)?.[1])
    if (behaviour === 'stall') return
    if (behaviour === 'reset') return request.socket.resetAndDestroy()
    const asked = typeof behaviour === 'function' ? behaviour(parameters) : behaviour
    const fault =
      asked === 'accept' ? (unsigned(request) ?? wrongAction(parameters, action) ?? refuse(parameters)) : asked
    response.writeHead(fault?.status ?? 200, { 'content-type': 'text/xml' })
    response.end(fault ? errorXml(fault) : acceptedXml(action, `message-${requests.length}`))
  }
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    regions,
    behave(next) {
      behaviour = next
    },
    async close() {
      server.closeAllConnections()
      if (server.listening) await new Promise(resolve => server.close(resolve))
    },
  }
}

const unsigned = (request: IncomingMessage): AwsError | null =>
  request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')
    ? null
    : { status: 403, code: 'MissingAuthenticationToken', message: 'Request is missing Authentication Token' }

const wrongAction = ({ Action }: QueryParameters, action: string): AwsError | null =>
  Action === action ? null : { status: 400, code: 'InvalidAction', message: 'Could not find the operation' }

const acceptedXml = (action: string, id: string): string =>
  `<${action}Response><${action}Result><MessageId>${id}</MessageId></${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`

const errorXml = ({ status, code, message }: AwsError): string =>
  `<ErrorResponse><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`
