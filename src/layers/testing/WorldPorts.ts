/** What the test world provides beside its own handle. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Alerts } from "../../services/Alerts.ts"
import type { AlpacaWallet } from "../../services/AlpacaWallet.ts"
import type { CctpBridge } from "../../services/CctpBridge.ts"
import type { BaseChain, EthereumChain } from "../../services/Chain.ts"
import type { Erc20 } from "../../services/Erc20.ts"
import type { EventStore } from "../../services/EventStore.ts"
import type { Leases } from "../../services/Leases.ts"
import type { TokenizedEquities } from "../../services/TokenizedEquities.ts"
import type { TransactionOutbox, Transactions } from "../../services/TransactionOutbox.ts"
import type { UsdcRoute } from "../../services/UsdcRoute.ts"
import type { Vault } from "../../services/Vault.ts"
import type * as AlpacaTokenizationTest from "./AlpacaTokenizationTest.ts"
import type { AlpacaWalletControl } from "./AlpacaWalletTest.ts"
import type { AlpacaWalletWorld } from "./AlpacaWalletWorld.ts"
import type { CctpControl } from "./CctpBridgeTest.ts"
import type { ChainControl } from "./ChainControl.ts"
import type { ChainWorld } from "./ChainWorld.ts"

/** All ports but the signer, and the scripts of those that are played. */
export type Provided =
  | Alerts
  | AlpacaTokenizationTest.Provided
  | AlpacaWallet
  | AlpacaWalletControl
  | AlpacaWalletWorld
  | BaseChain
  | CctpBridge
  | CctpControl
  | ChainControl
  | ChainWorld
  | Erc20
  | EthereumChain
  | EventStore
  | Leases
  | SqlClient
  | TokenizedEquities
  | TransactionOutbox
  | Transactions
  | UsdcRoute
  | Vault
