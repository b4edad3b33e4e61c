/**
 * `/_world/...` on the local Circle: lets a test that runs `ballast` as a child process look at the USDC of the world and
 * script CCTP and the vault. No credentials, loopback only, never counted, never struck by a fault.
 */
import { HttpRouter } from "@effect/platform"
import { Effect, Ref, Schema } from "effect"
import { Address } from "../../domain/Address.ts"
import { TxHash } from "../../domain/TxHash.ts"
import { ChainName } from "../../services/Chain.ts"
import { invalid, notFound, respond } from "./AlpacaProblem.ts"
import { Units } from "./AlpacaWalletSettings.ts"
import type { Cctp } from "./Cctp.ts"
import type { CircleAttestations } from "./CircleAttestations.ts"
import * as CircleSettings from "./CircleSettings.ts"
import { body, broken, json } from "./ControlExchange.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"
import type { RainVault } from "./RainVault.ts"
import * as UsdcLedger from "./UsdcLedger.ts"
import type { UsdcToken } from "./UsdcToken.ts"

export interface Options {
  readonly cctp: Cctp
  readonly usdc: Readonly<Record<ChainName, UsdcToken>>
  readonly vault: RainVault
  /** Everything that truly happened. */
  readonly ledger: Effect.Effect<UsdcLedger.Ledger, LocalWorldError>
  readonly attestations: CircleAttestations
  readonly settings: Ref.Ref<CircleSettings.Settings>
}

/** `POST /_world/mints`: a stranger mints the burns of this transaction. Answers how many there are. */
const MintBurns = Schema.Struct({ chain: ChainName, transactionHash: TxHash })
const BurnsMinted = Schema.Struct({ burns: Schema.Int })

const Account = <A, I>(fields: Schema.Schema<A, I>) => Schema.extend(Schema.Struct({ account: Address }), fields)

/** `POST /_world/vault`: what trading and the inventory's admin do. Answers `VaultChanged`. */
const ChangeVault = Schema.partialWith(
  Schema.Struct({
    /** USDC gained, or with a minus sign lost; may have more decimals than USDC. */
    trade: Schema.String.pipe(Schema.pattern(/^-?[0-9]{1,20}(\.[0-9]{1,40})?$/)),
    paused: Schema.Boolean,
    operator: Account(Schema.Struct({ isOperator: Schema.Boolean }))
  }),
  { exact: true }
)
const VaultChanged = Schema.Struct({ balance: Units })

/** `POST /_world/usdc/{chain}`: what its issuer does. Answers the same. */
const ChangeUsdc = Schema.partialWith(
  Schema.Struct({
    paused: Schema.Boolean,
    blacklist: Account(Schema.Struct({ isBlacklisted: Schema.Boolean })),
    mint: Account(Schema.Struct({ amount: Units })),
    /** What CCTP may still mint. */
    minterAllowance: Units
  }),
  { exact: true }
)

/** `POST /_world/cctp/{chain}`: what its administration does. Answers the same. */
const ChangeCctp = Schema.partialWith(
  Schema.Struct({
    paused: Schema.Boolean,
    denylist: Account(Schema.Struct({ isDenylisted: Schema.Boolean })),
    burnLimit: Units,
    /** In units of 1/1000 of a basis point. */
    minFee: Schema.NonNegativeInt,
    signatureThreshold: Schema.Int.pipe(Schema.positive())
  }),
  { exact: true }
)

/** Does what is asked for; what is left out is left alone. */
const given = <A>(value: A | undefined, act: (value: A) => Effect.Effect<void, LocalWorldError>) =>
  value === undefined ? Effect.void : Effect.mapError(act(value), broken)

const trade = (vault: RainVault, text: string) => {
  const [whole = "", fraction = ""] = text.split(".")
  return vault.trade(BigInt(whole + fraction), -fraction.length)
}

const isChainName = Schema.is(ChainName)

export const make = ({ attestations, cctp, ledger, settings, usdc, vault }: Options) => {
  const chain = Effect.flatMap(
    HttpRouter.params,
    ({ chain }) => isChainName(chain) ? Effect.succeed(chain) : notFound(`no chain ${chain}`)
  )

  const mintBurns = Effect.gen(function*() {
    const { chain, transactionHash } = yield* body(MintBurns)
    const burns = yield* Effect.mapError(attestations.mintAsStranger(chain, transactionHash), broken)
    if (burns === 0) return yield* invalid(`no burn is mined in ${transactionHash} on ${chain}`)
    return yield* json(BurnsMinted, { burns })
  })

  const changeVault = Effect.gen(function*() {
    const change = yield* body(ChangeVault)
    yield* given(change.trade, (text) => trade(vault, text))
    yield* given(change.paused, vault.setPaused)
    yield* given(change.operator, ({ account, isOperator }) => vault.setOperator(account, isOperator))
    return yield* json(VaultChanged, { balance: yield* Effect.mapError(vault.balance, broken) })
  })

  const changeUsdc = Effect.gen(function*() {
    const token = usdc[yield* chain]
    const change = yield* body(ChangeUsdc)
    yield* given(change.mint, ({ account, amount }) => token.mint(account, amount))
    yield* given(change.minterAllowance, (units) => token.setMinterAllowance(cctp.minter, units))
    yield* given(change.blacklist, ({ account, isBlacklisted }) => token.setBlacklisted(account, isBlacklisted))
    yield* given(change.paused, token.setPaused)
    return yield* json(ChangeUsdc, change)
  })

  const changeCctp = Effect.gen(function*() {
    const bridge = cctp[yield* chain]
    const change = yield* body(ChangeCctp)
    yield* given(change.denylist, ({ account, isDenylisted }) => bridge.setDenylisted(account, isDenylisted))
    yield* given(change.burnLimit, bridge.setBurnLimit)
    yield* given(change.minFee, (minFee) => bridge.setMinFee(BigInt(minFee)))
    yield* given(change.signatureThreshold, bridge.setSignatureThreshold)
    yield* given(change.paused, bridge.setPaused)
    return yield* json(ChangeCctp, change)
  })

  const patchSettings = Effect.gen(function*() {
    const changes = yield* body(CircleSettings.Patch)
    const changed = yield* Ref.updateAndGet(settings, (old) => CircleSettings.patch(old, changes))
    return yield* json(CircleSettings.Settings, changed)
  })

  return HttpRouter.empty.pipe(
    HttpRouter.get(
      "/_world/ledger",
      Effect.flatMap(Effect.mapError(ledger, broken), (value) => json(UsdcLedger.Ledger, value))
    ),
    HttpRouter.get(
      "/_world/settings",
      Effect.flatMap(Ref.get(settings), (value) => json(CircleSettings.Settings, value))
    ),
    HttpRouter.post("/_world/settings", patchSettings),
    HttpRouter.post("/_world/mints", mintBurns),
    HttpRouter.post("/_world/vault", changeVault),
    HttpRouter.post("/_world/usdc/:chain", changeUsdc),
    HttpRouter.post("/_world/cctp/:chain", changeCctp),
    HttpRouter.catchTag("AlpacaProblem", (problem) => Effect.succeed(respond(problem)))
  )
}
