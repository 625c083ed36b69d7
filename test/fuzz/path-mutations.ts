/** Paths and queries that no template means: escapes, dots, slashes, repeated parameters, other methods (INPUT-5). */
import { MARKER, type Mutation, pickFrom } from './mutation.ts'

const segments = [
  '',
  '.',
  '..',
  '%2e%2e',
  '%2F',
  'a%2Fb',
  '%00',
  '%zz',
  '%',
  '%E0%A4%A',
  '%C0%AF',
  '%ED%A0%80',
  '%25%32%66',
  'a%0d%0ab',
  '%20c-1',
  'c-1%0a',
  'c-1;a=b',
  ':contactId',
  '*',
  '__proto__',
  'constructor',
  MARKER,
  `${MARKER}@example.com`,
  'x'.repeat(129),
  'x'.repeat(600),
  'x'.repeat(9000),
  '%F0%9F%92%A9',
  'é',
]

const queries: [string, string][] = [
  ['limit', '1'],
  ['limit', '201'],
  ['limit', '-1'],
  ['limit', '0x10'],
  ['limit', '1e1'],
  ['limit', ''],
  ['limit', '9'.repeat(50)],
  ['limit[]', '1'],
  ['status', 'enrolled'],
  ['cursor', `${MARKER}`],
  ['cursor', '%00'],
  ['cursor', 'x'.repeat(1025)],
  ['from', '2026-13-45T00:00:00Z'],
  ['from', '0000-01-01T00:00:00Z'],
  ['from', '-000001-01-01T00:00:00Z'],
  ['organizationId', `${MARKER}`],
  ['contactId', '%ff'],
  ['code', `${MARKER}`],
  ['access_token', MARKER],
  ['__proto__', MARKER],
  ['constructor', MARKER],
  ['', ''],
  ['%zz', '%'],
]

const METHODS = [
  'GET',
  'HEAD',
  'OPTIONS',
  'PUT',
  'PATCH',
  'POST',
  'DELETE',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'post',
  'FOO',
]

export const pathMutations: Record<string, Mutation> = {
  'has a strange segment': (draft, draw) => {
    const at = draw(draft.segments.length)
    return { segments: draft.segments.map((segment, index) => (index === at ? pickFrom(draw, segments) : segment)) }
  },
  'has a segment more or less': (draft, draw) => ({
    segments: pickFrom(draw, [
      [...draft.segments, ''],
      [...draft.segments, 'x'],
      ['', ...draft.segments],
      draft.segments.slice(0, -1),
    ]),
  }),
  'escapes what needs none': draft => ({
    segments: draft.segments.map(segment =>
      segment.replaceAll(/[aco]/g, letter => `%${letter.charCodeAt(0).toString(16)}`),
    ),
  }),
  'is in another case': draft => ({ segments: draft.segments.map(segment => segment.toUpperCase()) }),
  'has a strange target': (draft, draw) => ({
    target: pickFrom(draw, [
      '*',
      '',
      `http://other.example/${draft.segments.join('/')}`,
      `//${draft.segments.join('/')}`,
      `/${draft.segments.join('/')}#${MARKER}`,
      `/${draft.segments.join('/')}??`,
      `/${draft.segments.join('\\')}`,
      '/v1/../v1/settings',
      '127.0.0.1:80',
    ]),
  }),
  'asks more': (draft, draw) => ({ query: [...draft.query, pickFrom(draw, queries)] }),
  'asks twice': (draft, draw) => {
    const [name, value] = draft.query[0] ?? pickFrom(draw, queries)
    return { query: [...draft.query, [name, value], [name, MARKER]], refused: true }
  },
  'asks very much': draft => ({
    query: Array.from({ length: 1500 }, (_, at): [string, string] => [`q${at}`, '']),
    refused: true,
    ...(draft.method === 'HEAD' ? {} : {}),
  }),
  'uses another method': (draft, draw) => {
    const method = pickFrom(
      draw,
      METHODS.filter(method => method !== draft.method),
    )
    return { method }
  },
}
