/** Client id and secret of an HTTP Basic header. */
import { TokenError } from '../domain/errors.ts'

export interface BasicCredentials {
  clientId: string
  clientSecret: string
}

/** Null: no Authorization header. Throws `invalid_client` for one that is no usable Basic. */
export function basicCredentials(authorization: string | undefined): BasicCredentials | null {
  if (authorization === undefined) return null
  const [, encoded] = /^basic +([A-Za-z0-9+/_-]+={0,2})$/i.exec(authorization) ?? []
  const [, clientId, clientSecret] = /^([^:]+):(.+)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? []
  if (!clientId || !clientSecret) throw new TokenError('invalid_client', 'HTTP Basic credentials cannot be read.')
  return { clientId: percentDecoded(clientId), clientSecret: percentDecoded(clientSecret) }
}

/**
 * RFC 6749 §2.3.1 wants both form-encoded, most clients send them as they are. Percent escapes are decoded; `+` stays, since
 * a client that encodes writes it `%2B`, one that does not means it, and no secret holds a space.
 */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
