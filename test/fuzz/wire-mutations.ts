/** Bytes that are no HTTP, or two requests to some readers (INPUT-7): only a socket of our own can send them. */
import { type Draw, MARKER, type Mutation, pickFrom, type Spoiled } from './mutation.ts'
import type { Wire } from './request.ts'
import { head } from './wire.ts'

const bend = (change: (wire: Wire) => Buffer[], more: Omit<Spoiled, 'bend'> = {}): Spoiled => ({
  bend: change,
  ...more,
})

const withLines = ({ requestLine, headerLines, body }: Wire, lines: string[]): Buffer[] => [
  head(requestLine, [...headerLines, ...lines]),
  body,
]

const withoutLength = ({ headerLines }: Wire): string[] => headerLines.filter(line => !/^content-length/i.test(line))

const framed =
  (lines: string[], body: (wire: Wire) => Buffer): ((wire: Wire) => Buffer[]) =>
  wire => [head(wire.requestLine, [...withoutLength(wire), ...lines]), body(wire)]

const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/** Lines that no header consists of. */
const RUBBISH = [
  MARKER,
  ': x',
  'a b: c',
  `x-a: ${MARKER}\u0000`,
  `x-a: b\r\n ${MARKER}`,
  'x-a: b\rx-b: c',
  'x-\u00e9: 1',
  `x-long: ${'x'.repeat(20_000)}`,
  'content-length: -1',
  'content-length: 1e3',
  'content-length: 99999999999999999999',
  'transfer-encoding: gzip',
  'transfer-encoding: chunked, identity',
  'transfer-encoding:\u000bchunked',
]

const FRAMES: ((wire: Wire) => Buffer[])[] = [
  framed(['transfer-encoding: chunked'], ({ body }) => Buffer.concat([Buffer.from('zz\r\n'), body, LAST_CHUNK])),
  framed(['transfer-encoding: chunked'], ({ body }) => chunk(Buffer.concat([body, Buffer.from(' ')])).subarray(0, -2)),
  framed(['transfer-encoding: chunked', 'content-length: 3'], ({ body }) => Buffer.concat([chunk(body), LAST_CHUNK])),
  framed(['content-length: 3', 'content-length: 4'], ({ body }) => body),
  framed(['content-length: 100000'], ({ body }) => body),
]

const requestLines = (line: string, draw: Draw): string =>
  pickFrom(draw, [
    line.replace('HTTP/1.1', 'HTTP/3.9'),
    line.replace('HTTP/1.1', 'HTTP/1.1 x'),
    line.replace(' /', ' /\u0000'),
    line.replace(' /', ' /\u00ff'),
    `${MARKER} ${line}`,
    'PRI * HTTP/2.0',
  ])

export const wireMutations: Record<string, Mutation> = {
  'has no host': () =>
    bend(wire => [
      head(
        wire.requestLine,
        wire.headerLines.filter(line => !line.startsWith('host')),
      ),
      wire.body,
    ]),
  'has a strange host': (_, draw) => {
    const host = pickFrom(draw, ['', 'evil.example:99999', MARKER, '[::1', 'a b'])
    return bend(wire => [head(wire.requestLine, [`host: ${host}`, ...wire.headerLines.slice(1)]), wire.body])
  },
  'has a line of rubbish': (_, draw) => {
    const line = pickFrom(draw, RUBBISH)
    return bend(wire => withLines(wire, [line]), { refused: true })
  },
  'has too many headers': () =>
    bend(wire =>
      withLines(
        wire,
        Array.from({ length: 1500 }, (_, at) => `x-h${at}: 1`),
      ),
    ),
  'expects the impossible': (_, draw) => {
    const expected = pickFrom(draw, ['200-ok', MARKER, '100-continue', ''])
    return bend(wire => withLines(wire, [`expect: ${expected}`]))
  },
  'is framed in chunks': () =>
    bend(
      framed(['transfer-encoding: chunked'], ({ body }) =>
        Buffer.concat([body.length > 0 ? chunk(body) : Buffer.alloc(0), LAST_CHUNK]),
      ),
    ),
  'is framed badly': (draft, draw) => {
    if (draft.body === undefined) return null
    const frame = pickFrom(draw, FRAMES)
    return bend(frame, { refused: true, mayHangUp: true })
  },
  'is old': () => bend(wire => [head(wire.requestLine.replace('1.1', '1.0'), wire.headerLines), wire.body]),
  'has a strange request line': (_, draw) =>
    bend(wire => [head(requestLines(wire.requestLine, draw), wire.headerLines), wire.body], {
      refused: true,
      mayHangUp: true,
    }),
  'ends early': (_, draw) => {
    const part = 1 + draw(99)
    return bend(
      ({ requestLine, headerLines, body }) => {
        const all = Buffer.concat([head(requestLine, headerLines), body])
        return [all.subarray(0, Math.floor((all.length * part) / 100))]
      },
      { refused: true, mayHangUp: true },
    )
  },
}
