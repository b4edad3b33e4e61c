/** One chain of the local world: its node, the proxy that users are given, and what the world itself does on it. */
import { type Duration, Effect, Ref, Schedule, type Scope } from "effect"
import {
  createTestClient,
  type Hex,
  http,
  type HttpTransport,
  keccak256,
  type PublicActions,
  publicActions,
  stringToHex,
  type TestClient,
  type TransactionReceipt
} from "viem"
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts"
import * as Anvil from "./Anvil.ts"
import { describe, LocalWorldError } from "./LocalWorldError.ts"
import * as RpcProxy from "./RpcProxy.ts"

/** A key pair of the local world, the same in every one of them. Worthless anywhere else: its key is public. */
export interface Wallet {
  readonly address: PrivateKeyAccount["address"]
  readonly privateKey: Hex
  readonly account: PrivateKeyAccount
}

export const wallet = (name: string): Wallet => {
  const privateKey = keccak256(stringToHex(`ballast local world: ${name}`))
  const account = privateKeyToAccount(privateKey)
  return { address: account.address, privateKey, account }
}

const makeClient = (url: string): TestClient<"anvil", HttpTransport, undefined, undefined, true> & PublicActions =>
  createTestClient({ mode: "anvil", transport: http(url, { retryCount: 0 }), cacheTime: 0 }).extend(publicActions)

/** Reads and test controls (mine, setBalance, snapshot ...) straight at the node: neither counted nor subject to faults. */
export type Client = ReturnType<typeof makeClient>

/** A transaction that no node has seen yet. */
export interface Signed {
  readonly hash: Hex
  readonly raw: Hex
}

export interface Chain extends RpcProxy.RpcProxy {
  readonly name: string
  readonly chainId: number
  readonly client: Client
  /** One use of `client`, whose failure says what was being done. */
  readonly attempt: <A>(what: string, run: () => Promise<A>) => Effect.Effect<A, LocalWorldError>
  /** Number of the newest block. */
  readonly height: Effect.Effect<number, LocalWorldError>
  /** Takes the wallet's next nonce, so whatever is signed must be sent. Deploys when `to` is left out. */
  readonly sign: (
    from: Wallet,
    call: { readonly to?: Hex; readonly data: Hex }
  ) => Effect.Effect<Signed, LocalWorldError>
  /** Safe to repeat. */
  readonly broadcast: (signed: Signed) => Effect.Effect<void, LocalWorldError>
  /** Waits for the receipt, of success or not. */
  readonly mined: (hash: Hex) => Effect.Effect<TransactionReceipt, LocalWorldError>
  /** A block now, instead of at the next interval. */
  readonly mine: Effect.Effect<void, LocalWorldError>
  /** Sets a balance of the chain's own coin, in wei. */
  readonly fund: (address: Hex, wei: bigint) => Effect.Effect<void, LocalWorldError>
}

export interface Options {
  readonly name: string
  readonly chainId: number
  readonly blockTime: Duration.DurationInput
}

/** Plenty for anything here, and far below a block's limit; estimating would be one more call. */
const gas = { deploy: 5_000_000n, call: 500_000n }
const maxFeePerGas = 1_000_000_000_000n
const maxPriorityFeePerGas = 1_000_000_000n

export const make = (options: Options): Effect.Effect<Chain, LocalWorldError, Scope.Scope> =>
  Effect.gen(function*() {
    const { blockTime, chainId, name } = options
    const anvil = yield* Anvil.make({ chainId, blockTime })
    const proxy = yield* RpcProxy.make(name, anvil.url)
    const client = makeClient(anvil.url)
    const nonces = yield* Ref.make<Readonly<Record<string, number>>>({})
    const signing = yield* Effect.makeSemaphore(1)

    const attempt = <A>(what: string, run: () => Promise<A>) =>
      Effect.tryPromise({
        try: run,
        catch: (cause) =>
          new LocalWorldError({ reason: "ChainFailed", detail: `${what} on ${name}: ${describe(cause)}`, cause })
      })

    const sign: Chain["sign"] = (from, { data, to }) =>
      Effect.gen(function*() {
        const known = (yield* Ref.get(nonces))[from.address]
        const nonce = known ?? (yield* attempt("nonce", () => client.getTransactionCount({ address: from.address })))
        const raw = yield* attempt("signing", () =>
          from.account.signTransaction({
            type: "eip1559",
            chainId,
            nonce,
            data,
            gas: to === undefined ? gas.deploy : gas.call,
            maxFeePerGas,
            maxPriorityFeePerGas,
            ...(to === undefined ? {} : { to })
          }))
        yield* Ref.update(nonces, (all) => ({ ...all, [from.address]: nonce + 1 }))
        return { hash: keccak256(raw), raw }
      }).pipe(signing.withPermits(1))

    return {
      ...proxy,
      name,
      chainId,
      client,
      attempt,
      height: Effect.map(attempt("height", () => client.getBlockNumber()), Number),
      sign,
      broadcast: ({ hash, raw }) =>
        attempt("broadcast", () => client.sendRawTransaction({ serializedTransaction: raw })).pipe(
          // A node refuses what it already has; then it is known under its hash.
          Effect.catchAll((refused) =>
            Effect.mapError(attempt("look-up", () => client.getTransaction({ hash })), () => refused)
          ),
          Effect.asVoid
        ),
      mined: (hash) =>
        attempt(`receipt of ${hash}`, () => client.getTransactionReceipt({ hash })).pipe(
          Effect.retry(Schedule.spaced("25 millis").pipe(Schedule.upTo("60 seconds")))
        ),
      mine: attempt("mine", () => client.mine({ blocks: 1 })),
      fund: (address, wei) => attempt("fund", () => client.setBalance({ address, value: wei }))
    }
  })
