/** Everything of the local world that is about USDC on chain: the token, CCTP with Circle behind it, and the vault. */
import { Effect, type Scope } from "effect"
import { type Address, parseEther } from "viem"
import type { ChainName } from "../../services/Chain.ts"
import * as Cctp from "./Cctp.ts"
import * as Chain from "./Chain.ts"
import * as CircleServer from "./CircleServer.ts"
import type * as CircleSettings from "./CircleSettings.ts"
import type { Artifacts } from "./Contracts.ts"
import type { LocalWorldError } from "./LocalWorldError.ts"
import * as RainVault from "./RainVault.ts"
import * as UsdcDeployment from "./UsdcDeployment.ts"
import * as UsdcLedger from "./UsdcLedger.ts"
import * as UsdcToken from "./UsdcToken.ts"

export interface UsdcWorld {
  readonly usdc: Readonly<Record<ChainName, UsdcToken.UsdcToken>>
  readonly cctp: Cctp.Cctp
  readonly vault: RainVault.RainVault
  readonly circle: CircleServer.CircleServer
}

export interface Options {
  readonly chains: Readonly<Record<ChainName, Chain.Chain>>
  readonly artifacts: Artifacts
  /** Ours. */
  readonly wallet: Address
  readonly shape: RainVault.Shape
  /** In the vault at first, in units of 1e-6 USDC. */
  readonly vaultUnits: bigint
  readonly grants: Readonly<Record<ChainName, ReadonlyArray<UsdcDeployment.Grant>>>
  readonly settings: CircleSettings.Settings
}

export const make = (options: Options): Effect.Effect<UsdcWorld, LocalWorldError, Scope.Scope> =>
  Effect.gen(function*() {
    const { artifacts, chains, grants, settings, shape, vaultUnits, wallet } = options
    const plan = UsdcDeployment.plan(Chain.wallet)
    const stranger = Chain.wallet("stranger")
    const prepare = (chain: Chain.Chain) =>
      Effect.zipRight(
        chain.fund(plan.owner.address, parseEther("100000")),
        chain.fund(stranger.address, parseEther("1000"))
      )
    yield* Effect.all([
      Effect.zipRight(
        prepare(chains.ethereum),
        UsdcDeployment.toEthereum({ plan, artifacts, chain: chains.ethereum, grants: grants.ethereum })
      ),
      Effect.zipRight(
        prepare(chains.base),
        UsdcDeployment.toBase({
          plan,
          artifacts,
          chain: chains.base,
          grants: grants.base,
          operator: wallet,
          vaultOwner: RainVault.ownerOf(plan, shape, wallet),
          vaultUnits
        })
      )
    ], { concurrency: "unbounded", discard: true })
    const usdc = {
      ethereum: UsdcToken.make({ address: plan.usdc.ethereum, chain: chains.ethereum, owner: plan.owner }),
      base: UsdcToken.make({ address: plan.usdc.base, chain: chains.base, owner: plan.owner })
    }
    const cctp = Cctp.make({ chains, plan, stranger })
    const vault = RainVault.make({ chain: chains.base, plan, shape, wallet })
    const ledger = UsdcLedger.read({ plan, cctp, chains, usdc, vault, wallet })
    return { usdc, cctp, vault, circle: yield* CircleServer.make({ cctp, chains, usdc, vault, ledger, settings }) }
  })

/** What points a `ballast` command at it. */
export const environment = ({ cctp, circle, usdc, vault }: UsdcWorld): Readonly<Record<string, string>> => ({
  BALLAST_ETHEREUM_USDC: usdc.ethereum.address,
  BALLAST_BASE_USDC: usdc.base.address,
  BALLAST_CCTP_API_URL: circle.url,
  BALLAST_CCTP_TOKEN_MESSENGER: cctp.messenger,
  BALLAST_CCTP_MESSAGE_TRANSMITTER: cctp.transmitter,
  BALLAST_CCTP_FINALITY: "fast",
  BALLAST_VAULT_CONTRACT: vault.contract,
  BALLAST_VAULT_READ_CONTRACT: vault.orderBook,
  BALLAST_VAULT_SPENDER: vault.contract,
  BALLAST_VAULT_OWNER: vault.owner,
  BALLAST_USDC_VAULT_ID: vault.id
})
