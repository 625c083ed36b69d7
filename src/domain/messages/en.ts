import type { MessageTexts, TextFacts } from './texts.ts'

const minutes = (count: number): string => (count === 1 ? '1 minute' : `${count} minutes`)

const validity = ({ displayName, lifetimeMinutes }: TextFacts): string =>
  `The code is good for ${minutes(lifetimeMinutes)} and for this one purpose. Never give it to anyone: nobody at ${displayName} will ask you for it.`

export const en: MessageTexts = {
  language: 'en',
  sms: {
    login: {
      named: [
        facts =>
          `${facts.code} is your ${facts.displayName} login code, good for ${minutes(facts.lifetimeMinutes)}. Never share it.`,
        facts => `${facts.code} is your ${facts.displayName} login code.`,
      ],
      nameless: facts => `${facts.code} is your login code.`,
    },
    enrollment: {
      named: [
        facts =>
          `${facts.code} is your code to set up your ${facts.displayName} login, good for ${minutes(facts.lifetimeMinutes)}. Never share it.`,
        facts => `${facts.code} is your code to set up your ${facts.displayName} login.`,
      ],
      nameless: facts => `${facts.code} is your code to set up your login.`,
    },
    change_factor: {
      named: [
        facts =>
          `${facts.code} is your code to change your ${facts.displayName} login, good for ${minutes(facts.lifetimeMinutes)}. Never share it.`,
        facts => `${facts.code} is your code to change your ${facts.displayName} login.`,
      ],
      nameless: facts => `${facts.code} is your code to change your login.`,
    },
  },
  email: {
    login: facts => ({
      subject: `Your ${facts.displayName} login code`,
      greeting: 'Hello,',
      reason: `Somebody has just entered your ${facts.displayName} password. To finish logging in, enter this code:`,
      validity: validity(facts),
      otherwise:
        'If this was not you, somebody knows your password. Do not pass the code on, and change your password now.',
    }),
    enrollment: facts => ({
      subject: `Confirm your email address for ${facts.displayName}`,
      greeting: 'Hello,',
      reason: `Somebody has just given this email address to ${facts.displayName} for login codes. To confirm the address, enter this code:`,
      validity: validity(facts),
      otherwise:
        'If this was not you, you need not do anything: without the code the address is not used. Do not pass the code on.',
    }),
    change_factor: facts => ({
      subject: `Your code to change how you log in to ${facts.displayName}`,
      greeting: 'Hello,',
      reason: `Somebody has just asked to change where ${facts.displayName} sends your login codes. To allow the change, enter this code:`,
      validity: validity(facts),
      otherwise:
        'If this was not you, somebody is in your account. Do not pass the code on, change your password now, and tell those who run the portal.',
    }),
  },
}
