import { z } from 'zod'

/** Only public members of a P-256 key: a private one that came along by mistake would stay here. */
export const jwkSet = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        crv: z.string(),
        x: z.string(),
        y: z.string(),
        kid: z.string(),
        alg: z.string(),
        use: z.string(),
      }),
    ),
  })
  .meta({ id: 'JwkSet', description: 'RFC 7517.' })
