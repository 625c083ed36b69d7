/** Two ways to the service over real HTTP: fetch, and a socket that writes whatever it is given. */
import { connect } from 'node:net'
import type { Request } from './request.ts'

export interface WireAnswer {
  status: number
  headers: Map<string, string>
  text: string
}

const PATIENCE_MS = 30_000

export async function byFetch(port: number, { method, target, headers, body }: Request): Promise<WireAnswer> {
  const answer = await fetch(`http://127.0.0.1:${port}${target}`, {
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...(body ? { body: new Uint8Array(body) } : {}),
  })
  return { status: answer.status, headers: new Map(answer.headers), text: await answer.text() }
}

/** Null: the connection ended without an answer. `hangUp`: nothing more comes from this side, and the server hears so. */
export async function bySocket(port: number, request: Request, hangUp: boolean): Promise<WireAnswer | null> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const chunks: Buffer[] = []
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer')))
  socket.on('data', chunk => chunks.push(chunk))
  const closed = new Promise<void>((resolve, reject) => {
    socket.on('end', resolve).on('close', resolve)
    // A server that has refused may reset the connection that still sends.
    socket.on('error', error => (chunks.length > 0 || 'code' in error ? resolve() : reject(error)))
  })
  for (const bytes of bytesOf(request)) socket.write(bytes)
  if (hangUp) socket.end()
  await closed
  socket.destroy()
  return parse(Buffer.concat(chunks))
}

function bytesOf({ method, target, headers, body, bend }: Request): Buffer[] {
  const own: [string, string][] = [
    ['host', '127.0.0.1'],
    ['connection', 'close'],
    ...headers,
    ...(body ? [['content-length', String(body.length)] as [string, string]] : []),
  ]
  const wire = {
    requestLine: `${method} ${target} HTTP/1.1`,
    headerLines: own.map(([name, value]) => `${name}: ${value}`),
    body: body ?? Buffer.alloc(0),
  }
  return bend ? bend(wire) : [head(wire.requestLine, wire.headerLines), wire.body]
}

/** Text as bytes one to one, so that a test may write any. */
export const head = (requestLine: string, headerLines: string[]): Buffer =>
  Buffer.from(`${[requestLine, ...headerLines].join('\r\n')}\r\n\r\n`, 'latin1')

function parse(bytes: Buffer): WireAnswer | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const status = Number(statusLine.split(' ')[1])
  const rest = bytes.subarray(end + 4)
  // 100 Continue comes before the answer.
  if (status === 100) return parse(rest)
  const chunked = headers.get('transfer-encoding') === 'chunked'
  return { status, headers, text: chunked ? unchunked(rest) : rest.toString() }
}

function unchunked(bytes: Buffer): string {
  const parts: Buffer[] = []
  let rest = bytes
  for (;;) {
    const lineEnd = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.subarray(0, lineEnd).toString(), 16)
    if (lineEnd < 0 || !(size > 0)) return Buffer.concat(parts).toString()
    parts.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size))
    rest = rest.subarray(lineEnd + 2 + size + 2)
  }
}
