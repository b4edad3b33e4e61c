/** What accounts and contracts hold. */

/** By name; what is not there is 0. Never changed, so that blocks in which nothing happens share it. */
export type State = ReadonlyMap<string, bigint>

/** What comes after a state. */
export interface Draft {
  readonly read: (slot: string) => bigint
  readonly write: (slot: string, value: bigint) => void
  readonly done: () => State
}

export const draft = (state: State): Draft => {
  const written = new Map<string, bigint>()
  return {
    read: (slot) => written.get(slot) ?? state.get(slot) ?? 0n,
    write: (slot, value) => written.set(slot, value),
    done: () => written.size === 0 ? state : new Map([...state, ...written])
  }
}

/** How many transactions of an account are mined. */
export const nonce = (account: string): string => `nonce of ${account}`
export const wei = (account: string): string => `wei of ${account}`
