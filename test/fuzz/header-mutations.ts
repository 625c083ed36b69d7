/** Tokens that nobody signed, content types in disguise, and headers full of rubbish (JWT-1 to JWT-7, INPUT-1). */
import { type Draw, MARKER, type Mutation, pickFrom } from './mutation.ts'
import type { Draft } from './request.ts'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part = ''): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString())

/** What is done to the three parts of a token. */
const forgeries: ((header: string, claims: string, signature: string) => string)[] = [
  (header, claims) => `${header}.${claims}.`,
  (header, claims) => `${header}.${claims}`,
  (_, claims) => `${encode({ alg: 'none', typ: 'at+jwt' })}.${claims}.`,
  (header, claims, signature) => `${encode({ ...decode(header), alg: 'HS512' })}.${claims}.${signature}`,
  (header, claims, signature) => `${encode({ ...decode(header), kid: MARKER })}.${claims}.${signature}`,
  (header, claims, signature) => `${encode({ ...decode(header), crit: ['x'] })}.${claims}.${signature}`,
  (header, claims, signature) =>
    `${header}.${encode({ ...decode(claims), role: 'operator', jti: MARKER })}.${signature}`,
  (header, claims, signature) => `${header}.${encode({ ...decode(claims), exp: 4102444800 })}.${signature}`,
  (header, claims, signature) => `${header}.${claims}.${signature.slice(1)}`,
  (header, claims, signature) => `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
  (header, claims, signature) => `${header}.${claims}.${signature}.${signature}`,
  () => '',
  () => MARKER,
  () => '..',
  () => 'x'.repeat(9000),
  () => `${encode('x')}.${encode('x')}.x`,
  () => `${encode(null)}.${encode(null)}.x`,
]

function forged({ headers }: Draft, draw: Draw): string {
  const bearer = headers.find(([name]) => name === 'authorization')?.[1].slice('Bearer '.length) ?? ''
  const [header = '', claims = '', signature = ''] = bearer.split('.')
  const usable = header && claims ? forgeries : forgeries.slice(-6)
  return pickFrom(draw, usable)(header, claims, signature)
}

const without = ({ headers }: Draft, name: string) => headers.filter(([given]) => given !== name)
const replacing = (draft: Draft, name: string, value: string) => ({
  headers: [...without(draft, name), [name, value] as [string, string]],
})
const adding = (draft: Draft, ...more: [string, string][]) => ({ headers: [...draft.headers, ...more] })

const isPublic = (draft: Draft) => !draft.headers.some(([name]) => name === 'authorization')

const NO_JSON = [
  'text/plain',
  'text/json',
  'application/jsonx',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application',
  '/',
  MARKER,
  'application/x-www-form-urlencoded;json',
]

const DISGUISES = [
  'application/json\t; a=b',
  ' application/json',
  'application/json;',
  'APPLICATION/JSON; charset=utf-16',
]

const HEADERS: [string, string][] = [
  ['idempotency-key', ''],
  ['idempotency-key', 'x'.repeat(129)],
  ['idempotency-key', `${MARKER} with spaces`],
  ['idempotency-key', '\u00e9'],
  ['if-match', MARKER],
  ['if-match', '"'.repeat(5000)],
  ['accept', MARKER],
  ['accept', 'application/xml;q=0'],
  ['accept-encoding', 'gzip, *;q=nonsense'],
  ['accept-language', '*'.repeat(1000)],
  ['content-encoding', 'gzip'],
  ['x-forwarded-for', MARKER],
  ['x-forwarded-host', 'evil.example'],
  ['x-forwarded-proto', 'javascript'],
  ['forwarded', 'for="[::1'],
  ['x-http-method-override', 'DELETE'],
  ['x-original-url', '/v1/portals'],
  ['x-request-id', `${MARKER}`],
  ['request-id', MARKER],
  ['traceparent', '00-zz'],
  ['cookie', `token=${MARKER}`],
  ['origin', 'null'],
  ['range', 'bytes=0-1'],
  ['if-none-match', '*'],
  ['upgrade', 'websocket'],
  ['upgrade', 'h2c'],
  ['te', 'trailers'],
  ['content-language', '\u0080\u00ff'],
]

export const headerMutations: Record<string, Mutation> = {
  'has a forged token': (draft, draw) =>
    isPublic(draft) ? null : { ...replacing(draft, 'authorization', `Bearer ${forged(draft, draw)}`), refused: true },
  'has a strange scheme': (draft, draw) => {
    if (isPublic(draft))
      return replacing(draft, 'authorization', pickFrom(draw, ['Basic %%%', 'Basic Og==', `Bearer ${MARKER}`]))
    const schemes = ['Basic b3BlcmF0b3I6eA==', 'Digest', 'Token', `${MARKER}`, 'Bearer', 'Bearer,Bearer']
    return { ...replacing(draft, 'authorization', `${pickFrom(draw, schemes)} `), refused: true }
  },
  'has no token': draft => (isPublic(draft) ? null : { headers: without(draft, 'authorization'), refused: true }),
  'has two tokens': draft => adding(draft, ['authorization', `Bearer ${MARKER}`]),
  'is no JSON': (draft, draw) =>
    draft.body !== undefined && draft.mediaType?.includes('json') && JSON.stringify(draft.body) !== '{}'
      ? { mediaType: pickFrom(draw, NO_JSON), text: JSON.stringify(draft.body), refused: true }
      : null,
  'has a content type in disguise': (draft, draw) =>
    draft.mediaType?.includes('json')
      ? { mediaType: pickFrom(draw, DISGUISES), text: '{"surprise":1}', refused: true }
      : null,
  'has no content type': draft => (draft.body === undefined ? null : { mediaType: null }),
  'has a strange header': (draft, draw) => adding(draft, pickFrom(draw, HEADERS)),
  'repeats a header': (draft, draw) => {
    const [name, value] = pickFrom(draw, HEADERS)
    return adding(draft, [name, value], [name, `${value}2`])
  },
}
