/** "Skip for now" and "Enable MFA". */
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { UseCases } from '../../usecases/index.ts'
import { operation } from '../operation.ts'
import { callOf } from '../plugins/authentication.ts'
import { enabled, ofOrganizationBody, skipped } from '../schemas/contacts.ts'
import { contactParams } from '../schemas/ids.ts'
import { wire } from '../wire.ts'

export const optOutRoutes: FastifyPluginAsyncZod<{ useCases: UseCases }> = async (app, { useCases }) => {
  app.post(
    '/v1/contacts/:contactId/skip',
    operation(
      'skipEnrollment',
      {
        tag: 'Opt-out',
        summary: 'Skip the enrollment for now',
        description:
          'Remembered; a session may be made on this 200. While a skip is valid: the same answer, nothing counted.',
      },
      {
        params: contactParams,
        body: ofOrganizationBody,
        response: { 200: skipped.meta({ description: 'Skipped.' }) },
      },
    ),
    async request => wire(await useCases.skipEnrollment(callOf(request), { ...request.params, ...request.body })),
  )

  app.post(
    '/v1/contacts/:contactId/enable',
    operation(
      'enableMfa',
      {
        tag: 'Opt-out',
        summary: 'Give the skip up ("Enable MFA")',
        description:
          'Log the contact out after the 200, not before; the next login enrolls. Offer it in sessions that began with `allow`/`skipped` or a skip.',
      },
      {
        params: contactParams,
        body: ofOrganizationBody,
        response: { 200: enabled.meta({ description: 'The skip is forgotten.' }) },
      },
    ),
    async request => useCases.enableMfa(callOf(request), { ...request.params, ...request.body }),
  )
}
