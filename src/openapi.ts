/** `npm run openapi`: writes the OpenAPI document and the table of errors. */
import { writeFile } from 'node:fs/promises'
import { makeApp } from './http/app.ts'
import { errorsMarkdown } from './http/pages/errors-page.ts'
import type { UseCases } from './usecases/index.ts'

const folder = new URL('../openapi/', import.meta.url)

/** The document hangs on the shape of the routes alone: no use case is ever called. */
export async function openapiDocument(): Promise<string> {
  const app = await makeApp({
    useCases: {} as UseCases,
    accessTokenKeys: [],
    issuer: '',
    trustProxy: [],
    loopDelayMaxMs: 0,
    logger: false,
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    now: () => new Date(0),
    newRequestId: () => '',
  })
  const document = app.swagger()
  await app.close()
  return `${JSON.stringify(document, null, 2)}\n`
}

if (import.meta.main) {
  await writeFile(new URL('openapi.json', folder), await openapiDocument())
  await writeFile(new URL('errors.md', folder), errorsMarkdown())
}
