/** Tokens that come to an address, believed by what the chain shows at the moment alone. */
import type { Hex } from "viem"
import type { Address } from "../../src/domain/Address.ts"
import type { Mined, Onlooker } from "../Onlooker.ts"

export interface Arrival {
  readonly hash: Hex
  readonly token: Address
  readonly from: Address
}

export interface Arrivals {
  /** What it has brought, in the token's units; nothing where fewer blocks hold it. */
  readonly amount: (arrival: Arrival, depth: number) => bigint
  /** Acts once so many blocks hold it. */
  readonly when: (arrival: Arrival, depth: number, act: () => void) => void
}

export const make = (chain: Onlooker, options: {
  readonly to: Address
  readonly tokens: ReadonlyArray<Address>
  /** Whose tokens count. */
  readonly isOurs: (from: Address) => boolean
  /** Once for each token of a transaction, also where a reorganisation puts it into another block. */
  readonly onArrival: (arrival: Arrival) => void
}): Arrivals => {
  const { isOurs, onArrival, to, tokens } = options
  const seen = new Set<string>()
  const watched = new Set<{ readonly arrival: Arrival; readonly depth: number; readonly act: () => void }>()

  const inIt = ({ transfers }: Mined, token: Address) =>
    transfers.filter((one) => one.to === to && one.token === token && isOurs(one.from))

  const amount = ({ hash, token }: Arrival, depth: number): bigint => {
    if (chain.depth(hash) < depth) return 0n
    const receipt = chain.receipt(hash)
    return receipt?.status === "success" ? inIt(receipt, token).reduce((sum, { amount }) => sum + amount, 0n) : 0n
  }

  const arrive = (transaction: Mined, token: Address) => {
    const [first] = inIt(transaction, token)
    const key = `${transaction.hash}${token}`
    if (first === undefined || seen.has(key)) return
    seen.add(key)
    onArrival({ hash: transaction.hash, token, from: first.from })
  }

  chain.onBlock((mined) => {
    for (const transaction of mined) {
      if (transaction.status === "success") tokens.forEach((token) => arrive(transaction, token))
    }
    for (const one of watched) {
      if (amount(one.arrival, one.depth) === 0n) continue
      watched.delete(one)
      one.act()
    }
  })

  return { amount, when: (arrival, depth, act) => watched.add({ arrival, depth, act }) }
}
