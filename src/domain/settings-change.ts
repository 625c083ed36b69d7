/** Changing a portal: what a new one has, what a merge patch makes of it, and when the epoch rises. Pure. */
import type { z } from 'zod'
import { countryCodes } from './destination.ts'
import { MfaError } from './errors.ts'
import { methodNames } from './methods/index.ts'
import { type Portal, type PortalLimits, type Settings, settingsSchema } from './settings.ts'

/** The document that `GET /v1/settings` answers. */
export type SettingsDocument = Settings & Pick<Portal, 'epoch' | 'version' | 'updatedAt' | 'updatedBy'>

export const settingsDocument = ({ settings, epoch, version, updatedAt, updatedBy }: Portal): SettingsDocument => ({
  ...settings,
  epoch,
  version,
  updatedAt,
  updatedBy,
})

/** A new portal's settings: off, all methods, no opt-out. `anyCountry`: start with every country where no limit is set. */
export const newSettings = (displayName: string, limits: PortalLimits, anyCountry: boolean): Settings => ({
  enabled: false,
  methods: [...methodNames],
  optOut: { allowed: false, rememberDays: null, skipsMax: null, endsAt: null },
  displayName,
  locale: 'en',
  autofillDomain: null,
  code: { length: 6, smsLifetimeSeconds: 300, emailLifetimeSeconds: 600 },
  sms: { allowedCountries: limits.allowedCountries ?? (anyCountry ? [...countryCodes] : []) },
})

type Json = null | boolean | number | string | Json[] | { [member: string]: Json }
type Problem = { pointer: string; message: string }

/**
 * The portal after a merge patch (RFC 7396) of its settings document. Read-only members may be sent unchanged.
 * Throws `invalid_request` naming every member that is wrong.
 */
export function patchSettings(portal: Portal, patch: unknown): Portal {
  const document = JSON.parse(JSON.stringify(settingsDocument(portal))) as { [member: string]: Json }
  if (!isObject(patch)) throw invalid([{ pointer: '', message: 'must be an object' }])
  const problems: Problem[] = []
  const merged = merge(document, patch as { [member: string]: Json }, '', problems)
  for (const member of ['epoch', 'version', 'updatedAt', 'updatedBy']) {
    if (merged[member] !== document[member]) problems.push({ pointer: `/${member}`, message: 'is read-only' })
    delete merged[member]
  }
  const parsed = settingsSchema.safeParse(merged)
  problems.push(...(parsed.success ? brokenRules(parsed.data, portal.limits) : parsed.error.issues.map(asProblem)))
  if (problems.length > 0 || !parsed.success) throw invalid(problems)
  return withSettings(portal, inUtc(parsed.data))
}

/** Instants are UTC from here on, whatever offset they came with. */
function inUtc(settings: Settings): Settings {
  const { optOut } = settings
  const endsAt = optOut.endsAt && new Date(optOut.endsAt).toISOString()
  return { ...settings, optOut: { ...optOut, endsAt } }
}

/** The portal under narrower or wider limits of the operator: countries that are no longer allowed leave the settings too. */
export function withLimits(portal: Portal, limits: PortalLimits): Portal {
  const allowed = limits.allowedCountries
  const countries = portal.settings.sms.allowedCountries.filter(country => !allowed || allowed.includes(country))
  return { ...withSettings(portal, { ...portal.settings, sms: { allowedCountries: countries } }), limits }
}

/**
 * The portal with other settings, and with what they void (rules 8 and 10): what is removed becomes valid only from the
 * next epoch on; turning MFA on, or allowing again what had been removed, begins that epoch. No contact's row is touched.
 */
function withSettings(portal: Portal, settings: Settings): Portal {
  const before = portal.settings
  const turnedOn = !before.enabled && settings.enabled
  const methodEpochs = { ...portal.validFrom.methods, ...removed(before.methods, settings.methods, portal.epoch) }
  const countryEpochs = {
    ...portal.validFrom.countries,
    ...removed(before.sms.allowedCountries, settings.sms.allowedCountries, portal.epoch),
  }
  const comesBack =
    settings.methods.some(method => (methodEpochs[method] ?? 0) > portal.epoch) ||
    settings.sms.allowedCountries.some(country => (countryEpochs[country] ?? 0) > portal.epoch)
  const epoch = portal.epoch + (turnedOn || comesBack ? 1 : 0)
  if (turnedOn) for (const method of settings.methods) methodEpochs[method] = epoch
  return {
    ...portal,
    settings,
    epoch,
    validFrom: {
      enabled: turnedOn ? epoch : portal.validFrom.enabled,
      methods: methodEpochs,
      countries: countryEpochs,
    },
  }
}

const removed = (before: string[], after: string[], epoch: number): Record<string, number> =>
  Object.fromEntries(before.filter(name => !after.includes(name)).map(name => [name, epoch + 1]))

/** Top-level members whose value differs, for the event. */
export const changedMembers = (before: Settings, after: Settings): string[] =>
  (Object.keys(after) as (keyof Settings)[]).filter(
    member => JSON.stringify(before[member]) !== JSON.stringify(after[member]),
  )

function brokenRules(settings: Settings, limits: PortalLimits): Problem[] {
  const { enabled, methods, sms } = settings
  const allowed = limits.allowedCountries
  return [
    ...(enabled && methods.length === 0 ? [{ pointer: '/methods', message: 'MFA needs a method' }] : []),
    ...(enabled && methods.includes('sms') && sms.allowedCountries.length === 0
      ? [{ pointer: '/sms/allowedCountries', message: 'SMS needs a country' }]
      : []),
    ...(allowed && sms.allowedCountries.some(country => !allowed.includes(country))
      ? [{ pointer: '/sms/allowedCountries', message: 'holds a country that the operator does not allow' }]
      : []),
  ]
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** RFC 7396, but a member that the document does not have is a problem and not an addition. */
function merge(
  target: { [member: string]: Json },
  patch: { [member: string]: Json },
  at: string,
  problems: Problem[],
): { [member: string]: Json } {
  const merged = { ...target }
  for (const [member, value] of Object.entries(patch)) {
    const old = Object.hasOwn(target, member) ? target[member] : undefined
    if (old === undefined) problems.push({ pointer: `${at}/${pointerToken(member)}`, message: 'is not known' })
    else if (isObject(old) && isObject(value))
      merged[member] = merge(old as typeof target, value as typeof patch, `${at}/${member}`, problems)
    else merged[member] = value
  }
  return merged
}

/** RFC 6901; bounded, since a name is the caller's text. */
const pointerToken = (member: string): string => member.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')

const asProblem = (issue: z.core.$ZodIssue): Problem => ({
  pointer: issue.path.map(step => `/${String(step)}`).join(''),
  message: issue.message,
})

const invalid = (errors: Problem[]): MfaError => new MfaError('invalid_request', { errors })
