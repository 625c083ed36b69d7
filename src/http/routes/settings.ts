/** A portal's settings, and what is to be known of the methods it may pick. */
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { SettingsDocument } from '../../domain/settings-change.ts'
import type { UseCases } from '../../usecases/index.ts'
import { operation } from '../operation.ts'
import { callOf } from '../plugins/authentication.ts'
import { acceptJson } from '../plugins/strict-input.ts'
import { methodList, settings, settingsPatch } from '../schemas/settings.ts'
import { wire } from '../wire.ts'

const MERGE_PATCH = 'application/merge-patch+json'
const etag = { ETag: "The settings' version, for `If-Match`." }
const etagOf = ({ version }: SettingsDocument): string => `"${version}"`

export const settingsRoutes: FastifyPluginAsyncZod<{ useCases: UseCases }> = async (app, { useCases }) => {
  acceptJson(app, MERGE_PATCH)

  app.get(
    '/v1/settings',
    operation(
      'readSettings',
      {
        tag: 'Settings',
        summary: 'Read the settings',
        description: 'Of the portal in the token.',
        answerHeaders: etag,
      },
      { response: { 200: settings.meta({ description: 'The settings.' }) } },
    ),
    async (request, reply) => {
      const document = await useCases.readSettings(callOf(request))
      return reply.header('etag', etagOf(document)).send(wire(document))
    },
  )

  app.patch(
    '/v1/settings',
    operation(
      'changeSettings',
      {
        tag: 'Settings',
        summary: 'Change the settings',
        description:
          'JSON merge patch: members left out keep their value. Turning MFA on again makes everybody enroll again. Enabling needs a method, and SMS needs a country.',
        consumes: ['application/json', MERGE_PATCH],
        answerHeaders: etag,
      },
      { body: settingsPatch, response: { 200: settings.meta({ description: 'The settings as they are now.' }) } },
    ),
    async (request, reply) => {
      const ifMatch = request.headers['if-match'] ?? null
      const document = await useCases.changeSettings(callOf(request), { patch: request.body, ifMatch })
      return reply.header('etag', etagOf(document)).send(wire(document))
    },
  )

  app.get(
    '/v1/methods',
    operation(
      'listMethods',
      {
        tag: 'Settings',
        summary: 'List the methods',
        description: 'What each is worth, and what to tell those who choose it.',
      },
      { response: { 200: methodList.meta({ description: 'All methods the service knows.' }) } },
    ),
    async () => useCases.listMethods(),
  )
}
