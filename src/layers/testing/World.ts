/**
 * A world for the tests of an embedding application: all ports, tied together so that the balances add up, over chains and a
 * database in memory. What leaves Alpaca comes to the wallet, what is burned is minted less Circle's fee, what the issuer
 * mints was a share before. Our own transactions go through the real outbox. Time is Effect's Clock, so a TestClock moves it.
 */
import { Clock, Context, Duration, Effect, Either, Layer, Option, Ref, Schedule } from "effect"
import * as Address from "../../domain/Address.ts"
import type { EquitySymbol } from "../../domain/EquitySymbol.ts"
import type { Hex } from "../../domain/Hex.ts"
import type { OperationId, RebalanceId } from "../../domain/OperationId.ts"
import * as Shares from "../../domain/Shares.ts"
import * as Usdc from "../../domain/Usdc.ts"
import { Signer } from "../../services/Signer.ts"
import type { StoreError } from "../../services/StoreError.ts"
import { TokenizedEquities } from "../../services/TokenizedEquities.ts"
import { OutboxError } from "../../services/TransactionOutbox.ts"
import { UsdcRoute } from "../../services/UsdcRoute.ts"
import * as VaultLive from "../evm/Vault.ts"
import { AlpacaTokenizationControl } from "./AlpacaTokenizationControl.ts"
import * as AlpacaTokenizationTest from "./AlpacaTokenizationTest.ts"
import * as AlpacaWalletTest from "./AlpacaWalletTest.ts"
import * as CctpBridgeTest from "./CctpBridgeTest.ts"
import { ChainControl } from "./ChainControl.ts"
import * as ChainTest from "./ChainTest.ts"
import * as MemoryChain from "./MemoryChain.ts"
import * as MemoryVault from "./MemoryVault.ts"
import * as SignerTest from "./SignerTest.ts"
import * as TransactionOutboxTest from "./TransactionOutboxTest.ts"
import * as WorldBeat from "./WorldBeat.ts"
import { type Balances, balances, equityDecimals, type LedgerBurn, places, tokensOf, usdc } from "./WorldBooks.ts"
import type { Provided } from "./WorldPorts.ts"

export type { Pace } from "./WorldBeat.ts"
export type { Balances, EquityBalances, UsdcBalances } from "./WorldBooks.ts"
export type { Provided } from "./WorldPorts.ts"

/** What there is at first. Amounts are decimal numbers, such as `"10.5"`. */
export interface Options {
  /** By symbol: shares at Alpaca, and tokens in our wallet on Base. Default 1000 of each of AAPL. */
  readonly equities?: { readonly [symbol: string]: { readonly shares: string; readonly tokens: string } }
  /** USDC at Alpaca and in the vault. Default 1000000 and 500000. */
  readonly usdc?: { readonly alpaca: string; readonly vault: string }
  /** A file that outlives the world, for what follows the log by a connection of its own. Default in memory. */
  readonly database?: string
  /** How long the others take at first. Default a minute each, and 20 seconds for Circle. */
  readonly pace?: Partial<WorldBeat.Pace>
  /** How often the others look around, and a block comes on both chains. Default 5 seconds. */
  readonly beat?: Duration.DurationInput
  /** Of rebalances. Default a minimum of 51 USDC and one at a time. */
  readonly limits?: Partial<UsdcRoute["Type"]["limits"]>
}

/** A call whose answer can be lost after it has been obeyed. The broadcasts are of transactions of ours. */
export type Losable = "requestMint" | "orderWithdrawal" | "ethereumBroadcast" | "baseBroadcast"

/** The test's hold on the world. All that is said of an operation may be said before it has begun. */
export class World extends Context.Tag("ballast/testing/World")<World, {
  /** Ours, on both chains. */
  readonly wallet: Address.Address
  /** Where everything is now. */
  readonly balances: Effect.Effect<Balances>
  /** From now on, for all that has not ended: how long the others take. */
  readonly setPace: (pace: Partial<WorldBeat.Pace>) => Effect.Effect<void>
  /** The issuer, Alpaca and Circle do at once what they have to do for this operation, whatever their pace. */
  readonly complete: (operation: OperationId) => Effect.Effect<void>
  /**
   * The issuer and Alpaca refuse whatever they have to do for this operation: the shares of a mint and the USDC of a
   * withdrawal come back; the tokens of a redemption and the USDC of a deposit have arrived, and stay where they are.
   */
  readonly reject: (operation: OperationId) => Effect.Effect<void>
  /** The next call of this kind is obeyed, and nobody learns of it. */
  readonly loseAnswer: (call: Losable) => Effect.Effect<void>
  /** Somebody else mints what this rebalance has burned; fails the test where nothing is burned yet. */
  readonly mintAsStranger: (rebalance: RebalanceId) => Effect.Effect<void>
  /** Traders pay USDC into the vault, or take it where the number is negative. Changes the total. In units of 1e-6. */
  readonly trade: (units: bigint) => Effect.Effect<void>
  /** The others look around now; otherwise they do as time passes. */
  readonly beat: Effect.Effect<void>
}>() {}

const issuer = "st0x"
const network = "base"
const vaultId: Hex = `0x${"9a".repeat(32)}`

const decimal = <A>(parsed: Either.Either<A, Error>): A => Either.getOrThrow(parsed)

const setUp = (options: Required<Options>, tokens: ReadonlyMap<EquitySymbol, Address.Address>) =>
  Effect.gen(function*() {
    const { address: wallet } = yield* Signer
    const { base, ethereum } = yield* ChainControl
    const account = yield* AlpacaWalletTest.AlpacaWalletControl
    // The world sends and credits by the clock, not by how often somebody looks.
    yield* account.setOutcome("hold")
    for (const chain of [base, ethereum]) yield* chain.setBalance(wallet, 10n ** 21n)
    yield* base.setContract(places.vault, MemoryVault.contract)
    yield* base.pay({
      token: usdc,
      from: Address.zero,
      to: places.vault,
      units: decimal(Usdc.parse(options.usdc.vault))
    })
    for (const [symbol, token] of tokens) {
      const { units } = decimal(
        Either.flatMap(
          Shares.parse(options.equities[symbol]?.tokens ?? "0"),
          (shares) => Shares.toTokenAmount(shares, equityDecimals)
        )
      )
      yield* base.setContract(token, MemoryChain.erc20)
      yield* base.pay({ token, from: Address.zero, to: wallet, units })
    }
    for (const chain of [base, ethereum]) yield* chain.mine(5)
  })

const make = (
  options: Required<Options>,
  tokens: ReadonlyMap<EquitySymbol, Address.Address>,
  burns: Ref.Ref<ReadonlyArray<LedgerBurn>>,
  rules: Omit<WorldBeat.Rules, "wallet">
) =>
  Effect.gen(function*() {
    yield* Effect.orDie(setUp(options, tokens))
    const { address: wallet } = yield* Signer
    const chains = yield* ChainControl
    const tokenization = yield* AlpacaTokenizationControl
    const account = yield* AlpacaWalletTest.AlpacaWalletControl
    const cctp = yield* CctpBridgeTest.CctpControl
    const context = yield* Effect.context<
      Effect.Effect.Context<ReturnType<typeof WorldBeat.beat>> | Effect.Effect.Context<ReturnType<typeof balances>>
    >()
    const alone = yield* Effect.makeSemaphore(1)
    const beat = alone.withPermits(1)(Effect.orDie(WorldBeat.beat({ ...rules, wallet }))).pipe(
      Effect.uninterruptible,
      Effect.provide(context)
    )
    const judge = (operation: OperationId, verdict: "complete" | "reject") =>
      Effect.zipRight(Ref.update(rules.verdicts, (all) => new Map(all).set(operation, verdict)), beat)
    yield* Effect.forkScoped(Effect.repeat(beat, Schedule.spaced(options.beat)))
    return World.of({
      wallet,
      balances: Effect.provide(alone.withPermits(1)(balances(wallet, tokens, burns)), context),
      setPace: (pace) => Ref.update(rules.pace, (old) => ({ ...old, ...pace })),
      complete: (operation) => judge(operation, "complete"),
      reject: (operation) => judge(operation, "reject"),
      loseAnswer: (call) => {
        switch (call) {
          case "requestMint":
            return tokenization.loseAnswer
          case "orderWithdrawal":
            return account.strike("orderWithdrawal", "AnswerLost")
          case "ethereumBroadcast":
            return chains.ethereum.answerBroadcast("Unknown", { isTaken: true })
          case "baseBroadcast":
            return chains.base.answerBroadcast("Unknown", { isTaken: true })
        }
      },
      mintAsStranger: (rebalance) =>
        Effect.flatMap(Ref.get(burns), (all) => {
          const burn = all.find(({ operation }) => operation === rebalance)
          return burn === undefined
            ? Effect.dieMessage(`rebalance ${rebalance} has burned nothing yet`)
            : cctp.mintAsStranger(burn.burnTx)
        }),
      trade: (units) =>
        Effect.orDie(
          chains.base.pay(
            units < 0n
              ? { token: usdc, from: places.vault, to: Address.zero, units: -units }
              : { token: usdc, from: Address.zero, to: places.vault, units }
          )
        ),
      beat
    })
  })

/** Burns take from the wallet on Ethereum, or on Base, and mints bring to it on the other chain. */
const bridge = (burns: Ref.Ref<ReadonlyArray<LedgerBurn>>, rules: Pick<WorldBeat.Rules, "pace" | "verdicts">) =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const chains = yield* ChainControl
    return CctpBridgeTest.layerWith({
      burned: ({ amount, key, lane }) =>
        Effect.gen(function*() {
          const burnTx = yield* chains[lane.source].pay({
            token: usdc,
            from: lane.wallet,
            to: Address.zero,
            units: amount
          })
          const at = yield* Clock.currentTimeMillis
          yield* Ref.update(burns, (all) => [
            ...all,
            { operation: key.operation, burnTx, amount, at, isMinted: false }
          ])
          return burnTx
        }).pipe(
          Effect.catchAll(({ detail }) => new OutboxError({ reason: "Reverts", key, detail }))
        ),
      minted: ({ key, lane }, { feeCollected, received }) =>
        Effect.gen(function*() {
          const { destination, wallet } = lane
          const mintTx = yield* Effect.orDie(
            chains[destination].pay(
              { token: usdc, from: Address.zero, to: wallet, units: received },
              { token: usdc, from: Address.zero, to: places.fees, units: feeCollected }
            )
          )
          yield* Ref.update(burns, (all) =>
            all.map((burn) => burn.operation === key.operation ? { ...burn, isMinted: true } : burn))
          return mintTx
        }),
      hasSigned: (burnTx) =>
        Effect.gen(function*() {
          const burn = (yield* Ref.get(burns)).find((one) => one.burnTx === burnTx)
          const now = yield* Clock.currentTimeMillis
          const { circle } = yield* Ref.get(rules.pace)
          return burn !== undefined && (
            (yield* Ref.get(rules.verdicts)).get(burn.operation) === "complete" ||
            now - burn.at >= Duration.toMillis(circle)
          )
        })
    })
  }))

const ourAccount = ({ usdc }: Required<Options>) =>
  Layer.unwrapEffect(
    Effect.map(Signer, ({ address }) => AlpacaWalletTest.layerWith({ own: address, usdc: usdc.alpaca }))
  )

/** All ports with a signer of one's own, the world that moves them, and the scripts of those that are played. */
export const layerWithSigner = (given: Options = {}): Layer.Layer<World | Provided, StoreError, Signer> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const options: Required<Options> = {
      equities: { AAPL: { shares: "1000", tokens: "1000" } },
      usdc: { alpaca: "1000000", vault: "500000" },
      database: ":memory:",
      beat: "5 seconds",
      limits: {},
      ...given,
      pace: given.pace ?? {}
    }
    const tokens = tokensOf(Object.keys(options.equities))
    const burns = yield* Ref.make<ReadonlyArray<LedgerBurn>>([])
    const pace = yield* Ref.make<WorldBeat.Pace>({
      issuer: "1 minute",
      alpaca: "1 minute",
      circle: "20 seconds",
      ...options.pace
    })
    const rules = { tokens, issuer, network, pace, verdicts: yield* Ref.make<WorldBeat.Verdicts>(new Map()) }

    const configuration = Layer.merge(
      Layer.succeed(TokenizedEquities, {
        issuer,
        network,
        equities: new Map([...tokens].map(([symbol, token]) => [symbol, { token, decimals: equityDecimals }])),
        maxPerOperation: Option.none(),
        redemptionWallet: Option.some(places.redemptionWallet)
      }),
      Layer.succeed(UsdcRoute, {
        usdc: { ethereum: usdc, base: usdc },
        cctp: { messenger: places.messenger, transmitter: places.transmitter, finality: "fast" },
        vault: Option.some({
          contract: places.vault,
          reader: places.vault,
          spender: places.vault,
          owner: Option.none(),
          id: vaultId
        }),
        shortWithdrawal: "fail",
        limits: {
          min: Usdc.fromUnits(51_000_000n),
          maxPerOperation: Option.none(),
          maxPerDay: Option.none(),
          concurrent: 1,
          ...options.limits
        }
      })
    )
    const shares = Object.fromEntries(Object.entries(options.equities).map(([symbol, { shares }]) => [symbol, shares]))
    const ports = Layer.mergeAll(
      VaultLive.layer,
      bridge(burns, rules),
      ourAccount(options),
      AlpacaTokenizationTest.layerWith({ shares }),
      configuration
    ).pipe(
      Layer.provideMerge(TransactionOutboxTest.overSigner({ database: options.database })),
      Layer.provideMerge(ChainTest.layer({ confirmations: { ethereum: 3, base: 3 } }))
    )
    return Layer.provideMerge(Layer.scoped(World, make(options, tokens, burns, rules)), ports)
  }))

/**
 * All ports, and the world that moves them. A program that uses the managers needs `Policies` beside it, and nothing else.
 *
 * @example
 * import { Effect, Layer } from "effect"
 * import { MintManager, OperationId, Policies, Shares, EquitySymbol } from "ballast"
 * import { World } from "ballast/testing"
 *
 * const test = Effect.gen(function*() {
 *   const world = yield* World.World
 *   const id = OperationId.MintId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
 *   yield* world.loseAnswer("requestMint")
 *   const order = { symbol: EquitySymbol.EquitySymbol.make("AAPL"), quantity: Shares.fromUnits(1n), wallet: world.wallet }
 *   const end = yield* World.passing(MintManager.executeMint(id, order))
 *   return [end._tag, yield* world.balances] as const
 * }).pipe(Effect.provide(Layer.merge(World.layer(), Policies.layer())))
 */
export const layer = (
  options: Options = {}
): Layer.Layer<World | Provided | Signer | SignerTest.SignerControl, StoreError> =>
  Layer.provideMerge(layerWithSigner(options), SignerTest.layer)

export { passing, settled } from "./TestTime.ts"
