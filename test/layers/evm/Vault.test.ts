import { afterAll } from "vitest"
import * as Vault from "../../../src/layers/testing/contracts/Vault.ts"
import { runContract } from "../../support/contract.ts"
import * as AnvilVaults from "./AnvilVaults.ts"

const nodes = AnvilVaults.runtime()
afterAll(() => nodes.dispose())

runContract("a vault of the orderbook", Vault.cases, AnvilVaults.shared(nodes, "orderbook"))
runContract("a vault behind the inventory", Vault.cases, AnvilVaults.shared(nodes, "inventory"))
