/** The embedded mode's inbox. Not there in production. */
import type { FastifyPluginAsync } from 'fastify'
import { inboxPage } from '../pages/inbox-page.ts'
import { pageHeaders } from '../plugins/response-headers.ts'
import { wire } from '../wire.ts'

/** A message that was not sent but kept. */
interface InboxMessage {
  id: string
  channel: 'sms' | 'email'
  to: string
  subject: string | null
  text: string
  html: string | null
  sentAt: Date | string
}

/** Where the embedded sender keeps what it was given. */
export interface Inbox {
  messages(): readonly InboxMessage[]
}

export const inboxRoutes: FastifyPluginAsync<{ inbox: Inbox }> = async (app, { inbox }) => {
  const hidden = { schema: { hide: true } }

  app.get('/inbox', hidden, async (_request, reply) =>
    pageHeaders(reply, inboxPage.policy).header('content-type', 'text/html; charset=utf-8').send(inboxPage.html),
  )

  app.get('/inbox/messages', hidden, async () => ({ messages: wire(inbox.messages()) }))
}
