/** A new code: as it is stored, and as it is read. */
import { boundCode } from '../domain/code.ts'
import { unavailable } from '../domain/errors.ts'
import { GUARDED_CODE_LENGTH } from '../domain/limits.ts'
import { type Message, renderMessage } from '../domain/message.ts'
import { methods } from '../domain/methods/index.ts'
import type { NewCode } from '../ports/code-store.ts'
import type { Ports } from '../ports/ports.ts'
import type { CodeToSend } from './code-to-send.ts'

export function drawCode(
  { random, secrecy }: Ports,
  { binding, target, portal }: CodeToSend,
): { code: string; newCode: NewCode } {
  const { code: settings } = portal.settings
  const codeLength = Math.max(settings.length, portal.guarded ? GUARDED_CODE_LENGTH : 0)
  const code = random.code(codeLength)
  const hashed = secrecy.codeDigest(boundCode(binding, target.factorId, code))
  if (!hashed) throw unavailable(new Error('no current pepper'))
  const lifetimeMs = settings[methods[target.method].lifetimeSetting] * 1000
  return { code, newCode: { ...hashed, codeLength, target, lifetimeMs } }
}

export function messageFor(
  { binding, target, portal, destination, country, locale }: CodeToSend,
  code: string,
): Message {
  const { settings, limits } = portal
  const { channel, lifetimeSetting } = methods[target.method]
  return renderMessage(
    channel,
    {
      purpose: binding.purpose,
      code,
      displayName: settings.displayName,
      lifetimeMinutes: Math.floor(settings.code[lifetimeSetting] / 60),
      autofillDomain: settings.autofillDomain,
      locale: locale ?? settings.locale,
    },
    { destination, country },
    { senderId: (country && limits.senderIds[country]) || null, from: limits.emailFrom },
  )
}
