/** Bodies that are not what the document says, and JSON that is not quite JSON (INPUT-1 to INPUT-6, LOG-2). */
import { type Draw, MARKER, type Mutation, pickFrom } from './mutation.ts'
import { bodyText, type Draft, unquoted } from './request.ts'

const BODY_BYTES_MAX = 16_384

export const FORM_MUTATION = 'is a strange form'

const badValues: unknown[] = [
  null,
  '',
  ' ',
  MARKER,
  `${MARKER}\r\nSet-Cookie: a=b`,
  `${MARKER}\u0000`,
  `\u001b[31m${MARKER}`,
  `${MARKER}\ud800`,
  `\udc00${MARKER}`,
  `\u202e${MARKER}\u2066`,
  `${MARKER}'; DROP TABLE contacts; --`,
  MARKER.repeat(1000),
  '٠٤٢٩١٧',
  '１２３４５６',
  '+12025550101\n',
  '+1 (202) 555-0101;ext=5',
  'a@b.example,c@d.example',
  0,
  -1,
  1.5,
  42917,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  -(2 ** 63),
  1e308,
  unquoted('1e400'),
  unquoted('-0'),
  unquoted('1E2'),
  unquoted('9'.repeat(400)),
  true,
  false,
  [],
  [MARKER],
  [[[[MARKER]]]],
  ['sms', 'sms'],
  {},
  { $ne: MARKER },
  { toString: MARKER },
]

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every object in a body, with the names of its members. */
const objectsIn = (value: unknown): Json[] =>
  isObject(value) ? [value, ...Object.values(value).flatMap(objectsIn)] : []

/** A copy of the body in which one of its objects was changed. */
function changed(draft: Draft, draw: Draw, change: (object: Json) => void, least = 0): { body: unknown } | null {
  const body = structuredClone(draft.body)
  const objects = objectsIn(body).filter(object => Object.keys(object).length >= least)
  if (objects.length === 0) return null
  change(pickFrom(draw, objects))
  return { body }
}

const setMember =
  (value: unknown): Mutation =>
  (draft, draw) =>
    changed(draft, draw, object => Object.assign(object, { [pickFrom(draw, Object.keys(object))]: value }), 1)

/** Replaces the text of a JSON body. */
const text =
  (make: (json: string, draw: Draw) => string | Buffer): Mutation =>
  (draft, draw) =>
    draft.body === undefined || !draft.mediaType?.includes('json')
      ? null
      : { text: make(bodyText(draft), draw), refused: true }

const withMember = (json: string, member: string): string =>
  json === '{}' ? `{${member}}` : `{${member},${json.slice(1)}`

/** Valid JSON of just so many bytes. */
const padded = (json: string, bytes: number): string => json + ' '.repeat(Math.max(0, bytes - Buffer.byteLength(json)))

const strangeForms: ((form: string) => string)[] = [
  form => `${form}&grant_type=${MARKER}`,
  () => `grant_type=client_credentials&client_id=%00&client_secret=${MARKER}`,
  () => 'grant_type=client_credentials&client_id=a%0d%0ab&client_secret=%F0%9F',
  () => `%ff=%fe&${MARKER}`,
  () => '=&=',
  () => '%',
]

export const bodyMutations: Record<string, Mutation> = {
  'drops a member': (draft, draw) =>
    changed(draft, draw, object => void delete object[pickFrom(draw, Object.keys(object))], 1),
  'adds a member': (draft, draw) =>
    changed(draft, draw, object => {
      object[pickFrom(draw, [MARKER, 'portalId', 'portal_id', 'role', 'isAdmin', 'hasOwnProperty', '', '\u0000'])] =
        MARKER
    }),
  'bends a member': (draft, draw) => setMember(pickFrom(draw, badValues))(draft, draw),
  'wraps a member': (draft, draw) =>
    changed(
      draft,
      draw,
      object => {
        const name = pickFrom(draw, Object.keys(object))
        object[name] = pickFrom(draw, [
          [object[name]],
          { value: object[name] },
          String(object[name]),
          [object[name], object[name]],
        ])
      },
      1,
    ),
  'is no object': (draft, draw) =>
    draft.body === undefined ? null : { body: pickFrom(draw, [null, [], [{}], MARKER, 1, true, [draft.body]]) },
  'is cut off': text((json, draw) => json.slice(0, 1 + draw(json.length - 1))),
  'goes on after its end': text((json, draw) => json + pickFrom(draw, ['x', '{}', ',', ']', '\u0000', `"${MARKER}"`])),
  'is nearly JSON': text((json, draw) =>
    pickFrom(draw, [
      json.replaceAll('"', "'"),
      `{a:1}`,
      `${json.slice(0, -1)},}`,
      `/**/${json}`,
      `{"a":NaN}`,
      `{"a":0x10}`,
      `{"a":01}`,
      `{"a":"\n"}`,
      `{"a":"\\x41"}`,
      `{"a":"\\ud8"}`,
    ]),
  ),
  'repeats a member': text(json => {
    const [name] = Object.keys(JSON.parse(json))
    return withMember(json, `${JSON.stringify(name ?? 'a')}:"${MARKER}",${JSON.stringify(name ?? 'a')}:"a"`)
  }),
  'repeats a member under escapes': text(json => withMember(json, '"loginId":"a","login\\u0049d":"b"')),
  'reaches for the prototype': text((json, draw) =>
    withMember(
      json,
      pickFrom(draw, [
        '"__proto__":{"role":"operator"}',
        '"constructor":{"prototype":{"x":1}}',
        '"\\u005f_proto__":{}',
        '"__proto__":null',
      ]),
    ),
  ),
  'is nested deeply': text((json, draw) => {
    const depth = pickFrom(draw, [9, 100, 7000])
    return withMember(json, `"a":${'['.repeat(depth)}${']'.repeat(depth)}`)
  }),
  'has very many members': text(json =>
    withMember(json, Array.from({ length: 1200 }, (_, at) => `"m${at}":1`).join(',')),
  ),
  'is no UTF-8': text(json => Buffer.concat([Buffer.from(withMember(json, '"a":"')), Buffer.from([0xff, 0xc0, 0x80])])),
  'is UTF-16': text(json => Buffer.from(json, 'utf16le')),
  'fills the limit': draft =>
    draft.mediaType?.includes('json') && draft.body !== undefined
      ? { text: padded(bodyText(draft), BODY_BYTES_MAX) }
      : null,
  'passes the limit by a byte': text(json => padded(json, BODY_BYTES_MAX + 1)),
  'is far too large': text(() => `{"a":"${MARKER.repeat(50_000)}"}`),
  'is not there': draft => (draft.body === undefined ? null : { text: '' }),
  'is where none belongs': draft =>
    draft.body === undefined ? { body: { [MARKER]: MARKER }, mediaType: 'application/json' } : null,
  [FORM_MUTATION]: (draft, draw) =>
    draft.mediaType?.includes('form') ? { text: pickFrom(draw, strangeForms)(bodyText(draft)), refused: true } : null,
}
