/** The overview of contacts, reset and erasure. */
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { UseCases } from '../../usecases/index.ts'
import { operation } from '../operation.ts'
import { callOf } from '../plugins/authentication.ts'
import { contact, contactPage, contactQuery, resetBody, resetDone } from '../schemas/contacts.ts'
import { contactParams } from '../schemas/ids.ts'
import { wire } from '../wire.ts'

export const contactRoutes: FastifyPluginAsyncZod<{ useCases: UseCases }> = async (app, { useCases }) => {
  app.get(
    '/v1/contacts',
    operation(
      'listContacts',
      {
        tag: 'Contacts',
        summary: 'List contacts',
        description:
          'In the order of their ids. An organization admin sees those of its own organization only. With `status` a page may hold fewer contacts than `limit`, even none, while there are more: go on until `nextCursor` is null.',
      },
      { querystring: contactQuery, response: { 200: contactPage.meta({ description: 'One page of contacts.' }) } },
    ),
    async request => wire(await useCases.listContacts(callOf(request), request.query)),
  )

  app.get(
    '/v1/contacts/:contactId',
    operation(
      'readContact',
      {
        tag: 'Contacts',
        summary: 'Read a contact',
        description: 'A contact that the service has never seen is 404: show "not enrolled".',
      },
      { params: contactParams, response: { 200: contact.meta({ description: 'The contact.' }) } },
    ),
    async request => wire(await useCases.readContact(callOf(request), request.params)),
  )

  app.post(
    '/v1/contacts/:contactId/reset',
    operation(
      'resetContact',
      {
        tag: 'Contacts',
        summary: 'Reset a contact who lost the phone',
        description:
          "Clears factors, pending enrollment, lock and remembered skip of this contact and of nobody else; the next login enrolls. Never one's own account. Make sure who is asking: whoever can call this can take the account over.",
      },
      {
        params: contactParams,
        body: resetBody,
        response: { 200: resetDone.meta({ description: 'What was cleared.' }) },
      },
    ),
    async request => useCases.resetContact(callOf(request), { ...request.params, ...request.body }),
  )

  app.delete(
    '/v1/contacts/:contactId',
    operation(
      'eraseContact',
      {
        tag: 'Contacts',
        summary: 'Erase a contact',
        description: "Everything personal is gone; events keep ids only. Never one's own account.",
        noContent: 'Erased.',
      },
      { params: contactParams },
    ),
    async (request, reply) => {
      await useCases.eraseContact(callOf(request), request.params)
      return reply.code(204).send()
    },
  )
}
