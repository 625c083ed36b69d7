/** How far re-sealing is: the gauge by which operators know when the old key may go, falling while it works. */
import { expect, it } from 'vitest'
import type { Ports } from '../../src/ports/ports.ts'
import type { SealedDestination } from '../../src/ports/sealed-destinations.ts'
import { makeFinishKeyRotation } from '../../src/usecases/finish-key-rotation.ts'

/** Destinations sealed as `kid.text`, in order; `told` is every value of their gauge. */
function rotation(sealedTexts: string[]) {
  const stored = sealedTexts.map((sealed, at) => ({ slot: String(at).padStart(4, '0'), sealed }) as SealedDestination)
  const told: number[] = []
  const under = (kids: string[]) => stored.filter(({ sealed }) => kids.includes(sealed.split('.')[0] ?? ''))
  const ports = {
    sealedDestinations: {
      keysInUse: async () => [...new Set(stored.map(({ sealed }) => sealed.split('.')[0] ?? ''))],
      count: async kids => under(kids).length,
      page: async (kids, limit, after) =>
        under(kids)
          .filter(({ slot }) => slot > (after?.slot ?? ''))
          .slice(0, limit)
          .map(one => ({ ...one })),
      replace: async (given, sealed) => {
        const found = stored.find(one => one.slot === given.slot && one.sealed === given.sealed)
        if (found) found.sealed = sealed
        return found !== undefined
      },
    },
    keyRotation: {
      currentKid: 'new',
      isNewest: async () => true,
      rewrapKeys: async () => 0,
      shortLivedLeft: async () => false,
    },
    secrecy: {
      open: (sealed: string) => {
        if (sealed.endsWith('.broken')) throw new Error('does not open')
        return sealed.split('.')[1] ?? ''
      },
      seal: (text: string) => `new.${text}`,
    },
    meter: {
      count: () => {},
      set: (_name, { kind }, value) => void (kind === 'destinations' && told.push(value)),
    },
  } satisfies { [name in keyof Ports]?: Partial<Ports[name]> } as unknown as Ports
  return { run: makeFinishKeyRotation(ports), told, stored }
}

const sealedUnder = (kid: string, count: number) => Array.from({ length: count }, (_, at) => `${kid}.${at}`)

it('the gauge falls page by page to 0, over every older key, and stays there', async () => {
  const { run, told, stored } = rotation([
    ...sealedUnder('old', 300),
    ...sealedUnder('new', 100),
    ...sealedUnder('older', 150),
  ])
  await run()
  expect(told).toEqual([450, 250, 50, 0])
  expect(stored.filter(({ sealed }) => !sealed.startsWith('new.'))).toEqual([])
  await run()
  expect(told.slice(4)).toEqual([0])
})

it('the gauge stays above 0 for what does not open, however often it is tried', async () => {
  const { run, told } = rotation([...sealedUnder('old', 250), 'old.broken'])
  await run()
  await run()
  expect(told).toEqual([251, 51, 1, 1, 1])
})
