/** A request on its way to the wire: in parts, so that a mutation can bend one of them. */

export interface Draft {
  method: string
  /** As they are written in the path. */
  segments: string[]
  /** Name and value as they are written in the query. */
  query: [name: string, value: string][]
  headers: [name: string, value: string][]
  mediaType: string | null
  /** Becomes JSON or a form, unless `text` says otherwise; undefined: none. */
  body: unknown
  text?: string | Buffer
  /** The whole path and query as written, in place of `segments` and `query`. */
  target?: string
  /** Last hand on the bytes. */
  bend?: (wire: Wire) => Buffer[]
}

export interface Wire {
  requestLine: string
  headerLines: string[]
  body: Buffer
}

export interface Request {
  method: string
  target: string
  headers: [string, string][]
  body: Buffer | null
  bend?: Draft['bend']
}

const FORM = 'application/x-www-form-urlencoded'

/** Marks text in a body value that goes out without its quotes: what JSON cannot hold as a value, such as 1e400. */
export const unquoted = (text: string): string => `«${text}»`

export function render(draft: Draft): Request {
  const text = draft.text ?? (draft.body === undefined ? null : bodyText(draft))
  const body = text === null ? null : Buffer.from(text as string)
  const headers: Request['headers'] = [...draft.headers]
  if (body && draft.mediaType !== null) headers.push(['content-type', draft.mediaType])
  const path = `/${draft.segments.join('/')}`
  const query = draft.query.map(([name, value]) => `${name}=${value}`).join('&')
  return {
    method: draft.method,
    target: draft.target ?? (query ? `${path}?${query}` : path),
    headers,
    body,
    ...(draft.bend ? { bend: draft.bend } : {}),
  }
}

export function bodyText({ body, mediaType }: Draft): string {
  if (mediaType?.startsWith(FORM) && typeof body === 'object' && body !== null)
    return new URLSearchParams(
      Object.entries(body).flatMap(([name, value]) =>
        [value]
          .flat()
          .map(one => [name, typeof one === 'object' ? JSON.stringify(one) : String(one)] as [string, string]),
      ),
    ).toString()
  return (JSON.stringify(body) ?? '').replaceAll(/"«(.*?)»"/g, '$1')
}
