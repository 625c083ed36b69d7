/** What the OpenAPI document says of the service as a whole. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { problemExamples } from './error-responses.ts'

type OpenapiObject = NonNullable<FastifyDynamicSwaggerOptions['openapi']>

const description = `
A headless multi-factor service for portals that already check a password. The portal's back end asks one question after
every password check, "what now?" (\`decideLogin\`), and this service owns everything behind the answer.

**A login.** Ask \`POST /v1/contacts/{contactId}/logins\`. A session is made only after \`allow\`, or after a 200 of verify,
confirm or skip; never after a GET or an \`already_used\`.

**Errors** are problem documents (RFC 9457); \`code\` is the contract, and [each is explained](/docs/errors). 409 or \`step_up_required\` in a login: ask \`logins\`
again. 404 or 410 on a challenge or enrollment: it is over, start a new one. 422: show it at the field. 423, 429: show the
wait. 502: offer another method. 503 or no answer: keep the page.

**Repeats.** Client time-out 5 s. Repeat a POST automatically only with an \`Idempotency-Key\`.

**Growth.** Within v1 members and enum values may be added. Ignore what you do not know: an unknown \`decision\` is a
\`deny\`, an unknown \`code\` goes by its status.
`.trim()

export const openapiObject: OpenapiObject = {
  openapi: '3.1.0',
  info: {
    title: 'portal-mfa',
    version: '1.0.0',
    description,
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as { name: string },
  },
  servers: [{ url: '/', description: 'The service that this document comes from.' }],
  tags: [
    { name: 'Tokens', description: 'Access tokens to call with, and keys to verify assertions with.' },
    { name: 'Login', description: 'The one question after every password check.' },
    { name: 'Enrollment', description: 'How a number or address becomes a factor, and how a factor goes.' },
    { name: 'Challenge', description: "One login's one-time code." },
    { name: 'Opt-out', description: '"Skip for now", and giving that up.' },
    { name: 'Contacts', description: 'Overview, reset and erasure.' },
    { name: 'Settings', description: 'What a Master Admin decides for the portal.' },
    { name: 'Audit', description: 'What happened, to whom, by whom.' },
    { name: 'Operator', description: 'Portals, their limits and their API clients.' },
  ],
  components: {
    examples: problemExamples,
    securitySchemes: {
      oauth2: {
        type: 'oauth2',
        description:
          'Client credentials of an API client. The role is asked for at the token endpoint; there are no scopes.',
        flows: { clientCredentials: { tokenUrl: '/oauth/token', scopes: {} } },
      },
      bearer: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description:
          "An access token from `/oauth/token`, or one that an API client has signed with a key of its own: EdDSA, ES256 or RS256, `typ: at+jwt` and the `kid` in the header; `iss` the client id, `aud` this service's public address, `sub` (the `subject`, else the client id), `iat`, `exp` (at most 600 s later), `jti`; `role`, `subject` and `organization_id` as at the token endpoint.",
      },
      basic: { type: 'http', scheme: 'basic', description: 'Client id and secret, at the token endpoint only.' },
    },
  },
}
