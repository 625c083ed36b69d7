/** What each call of calls.ts answers: status, and the word that tells what happened. */

/** When all is well. */
export const healthy = {
  'decide: newcomer': '200 enroll',
  'decide: enrolled': '200 challenge',
  'decide: sendCode': '200 challenge sent',
  'start enrollment': '201 sent',
  'start enrollment, email': '201 sent',
  'resend enrollment': '200 sent',
  'confirm right': '200',
  'confirm wrong': '422 code_incorrect',
  'start challenge': '201 sent',
  'start challenge, email': '201 sent',
  'start challenge, with key': '201 sent',
  'resend challenge': '200 sent',
  'read challenge': '200 sent',
  'verify right': '200 verified',
  'verify wrong': '422 code_incorrect',
  'verify right, with key': '200 verified',
  skip: '200',
  enable: '200 enroll',
  'read settings': '200',
  'change settings': '200',
  reset: '200',
  'read contact': '200 enrolled',
  'read events': '200',
  'read portal': '200',
  token: '200',
  'read keys': '200',
}

/** What is left without Redis. */
export const redisDown = {
  ...healthy,
  'decide: sendCode': '200 challenge unavailable',
  'start enrollment': '503 unavailable',
  'start enrollment, email': '503 unavailable',
  'resend enrollment': '503 unavailable',
  'confirm right': '503 unavailable',
  'confirm wrong': '503 unavailable',
  'start challenge': '503 unavailable',
  'start challenge, email': '503 unavailable',
  'start challenge, with key': '503 unavailable',
  'resend challenge': '503 unavailable',
  'read challenge': '503 unavailable',
  'verify right': '503 unavailable',
  'verify wrong': '503 unavailable',
  'verify right, with key': '503 unavailable',
}

export type CallName = keyof typeof healthy
