/** What commands have in common that ask the outside world or drive operations: all ports, over the whole configuration. */
import { Array, Data, Effect, Layer, Option } from "effect"
import * as BallastConfig from "../layers/Config.ts"
import * as Wallet from "../layers/evm/Wallet.ts"
import * as Live from "../layers/Live.ts"
import * as Preflight from "../layers/Preflight.ts"
import * as Policies from "../managers/Policies.ts"
import { both, InvalidInput } from "./InvalidInput.ts"
import * as LiveLine from "./LiveLine.ts"
import * as Looking from "./Looking.ts"

/** The chain could not be asked; what is recorded is as it was. */
export class Unreachable extends Data.TaggedError("Unreachable")<{ readonly problems: ReadonlyArray<string> }> {
  override get message(): string {
    return ["Nothing was done, what is needed cannot be reached:", ...this.problems.map((problem) => `  ${problem}`)]
      .join("\n")
  }
}

/** Needs both keys to tell. */
const ownWallets = (config: Live.Configuration): ReadonlyArray<string> =>
  Option.contains(config.equities.redemptionWallet, Wallet.addressOf(config.wallet))
    ? ["BALLAST_REDEMPTION_WALLET: expected the issuer's wallet, got our own (that of BALLAST_WALLET_PRIVATE_KEY)"]
    : []

/** The whole configuration, or everything that can be seen to be wrong with it. */
const loaded = (file: Option.Option<string>) =>
  Effect.filterOrFail(
    Looking.configured(file, BallastConfig.all),
    (config) => ownWallets(config).length === 0,
    (config) => new InvalidInput({ problems: ownWallets(config) })
  )

/** For commands that ask the outside world but drive nothing: the whole configuration, without the database. */
export const withConfiguration = <A, E, R>(
  file: Option.Option<string>,
  use: (config: Live.Configuration) => Effect.Effect<A, E, R>
) => Effect.flatMap(loaded(file), (config) => Looking.logging(config.logging)(use(config)))

const told = ({ detail, key }: Preflight.Finding) => `${key}: ${detail}`

const nothingWrong = (findings: ReadonlyArray<Preflight.Finding>): Effect.Effect<void, InvalidInput> => {
  const wrong = findings.filter(({ verdict }) => verdict === "wrong")
  return wrong.length === 0 ? Effect.void : Effect.fail(new InvalidInput({ problems: wrong.map(told) }))
}

/** A silent endpoint matters where no other one serves. Ethereum is not needed for equities. */
const enoughReachable = (
  findings: ReadonlyArray<Preflight.Finding>,
  needsEthereum: boolean
): Effect.Effect<void, Unreachable> => {
  const served = new Set(findings.filter(({ verdict }) => verdict === "good").map(({ key }) => key))
  const [spare, missing] = Array.partition(
    findings.filter(({ verdict }) => verdict === "unreachable"),
    ({ key, of = "base" }) => !served.has(key) && (needsEthereum || of === "base")
  )
  return missing.length > 0
    ? Effect.fail(new Unreachable({ problems: missing.map(told) }))
    : Effect.forEach(spare, (finding) => Effect.logWarning(told(finding)), { discard: true })
}

/**
 * For commands that drive operations. First all that can be parsed (`input` is what was typed), then all that must be
 * asked of the chains and the database; each stage tells everything that is wrong with it.
 */
export const withPorts = <I, A, E, R>(
  options: {
    readonly config: Option.Option<string>
    readonly noWait: boolean
    /** The one thing that is moved; without it whatever there is. */
    readonly moves?: Preflight.Subject
  },
  input: (config: Option.Option<Live.Configuration>) => Effect.Effect<I, InvalidInput>,
  use: (input: I, config: Live.Configuration) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const found = yield* Effect.either(loaded(options.config))
    const [config, typed] = yield* both(found, input(Option.getRight(found)))
    return yield* Effect.gen(function*() {
      const findings = yield* Effect.provide(
        Preflight.findings(config, options.moves === undefined ? undefined : [options.moves]),
        Live.chains(config)
      )
      const [ports] = yield* both(yield* Looking.opened(Layer.build(Live.layer(config))), nothingWrong(findings))
      yield* enoughReachable(findings, options.moves === "usdc")
      return yield* LiveLine.watching(use(typed, config)).pipe(
        Effect.provide(ports),
        Effect.provide(Policies.layer({ ...config.policies, waitForLease: !options.noWait }))
      )
    }).pipe(Looking.logging(config.logging))
  }).pipe(Effect.scoped)
