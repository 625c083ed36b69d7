/** Ids in paths, bodies and queries: the domain's schemas, told to an integrator. */
import { z } from 'zod'
import {
  challengeIdSchema,
  clientIdSchema,
  contactIdSchema,
  enrollmentIdSchema,
  eventIdSchema,
  factorIdSchema,
  loginIdSchema,
  organizationIdSchema,
  portalIdSchema,
} from '../../domain/ids.ts'

export const portalId = portalIdSchema.meta({ description: 'Id of the portal.', examples: ['acme'] })

export const organizationId = organizationIdSchema.meta({
  description: "The portal's own id of the contact's organization.",
  examples: ['org-17'],
})

export const contactId = contactIdSchema.meta({
  description: "The portal's own id of the contact. Never an address or a number: ids stay in logs and events.",
  examples: ['c-1001'],
})

export const loginId = loginIdSchema.meta({
  description:
    "The portal's own id of this login (or change) attempt: fresh and random for each, kept between password and proof, never the session id. Two tabs of one attempt share it.",
  examples: ['lgn-7f3c9a52e1'],
})

const enrollmentId = enrollmentIdSchema.meta({
  description: 'Id of the enrollment.',
  examples: ['enr_q1Yw5r8mT0aXo3bKcVd2Zg'],
})

const challengeId = challengeIdSchema.meta({
  description: 'Id of the challenge.',
  examples: ['chl_8cJfWq2LhR5sYtN1vUx0Pw'],
})

export const factorId = factorIdSchema.meta({
  description: 'Id of the factor.',
  examples: ['fct_Zk4nB7eQxS9uGm3pHy6DrA'],
})

export const clientId = clientIdSchema.meta({
  description: 'Id of the API client.',
  examples: ['cli_M5tVb1oE8yKq0WzJc7LsNg'],
})

export const eventId = eventIdSchema.meta({ examples: ['evt_R2hXd6fT9iUa4CnOw8PjQg'] })

/** Path parameters that are ids of ours: what cannot be one is as unknown as one that is not there (404). */
export const ownIds = ['enrollmentId', 'challengeId', 'factorId', 'clientId']

export const contactParams = z.strictObject({ contactId })
export const enrollmentParams = z.strictObject({ contactId, enrollmentId })
export const challengeParams = z.strictObject({ contactId, challengeId })
export const factorParams = z.strictObject({ contactId, factorId })
export const portalParams = z.strictObject({ portalId })
export const clientParams = z.strictObject({ portalId, clientId })
