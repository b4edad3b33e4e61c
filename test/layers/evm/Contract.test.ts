import { Effect, Layer, ManagedRuntime } from "effect"
import { afterAll } from "vitest"
import * as ChainTest from "../../../src/layers/testing/ChainTest.ts"
import * as Chain from "../../../src/layers/testing/contracts/Chain.ts"
import * as Erc20 from "../../../src/layers/testing/contracts/Erc20.ts"
import { runContract } from "../../support/contract.ts"
import * as AnvilChains from "./AnvilChains.ts"

runContract("chains in memory", Chain.cases, ChainTest.chains())
runContract("Erc20 in memory", Erc20.cases, ChainTest.layer())

// Two nodes for all cases: each transaction has a hash of its own, so cases do not meet.
const live = ManagedRuntime.make(AnvilChains.layer)
afterAll(() => live.dispose())
const shared = Layer.effectContext(Effect.suspend(() => Effect.map(live.runtimeEffect, ({ context }) => context)))

runContract("chains over JSON-RPC", Chain.cases, shared)
runContract("Erc20 over JSON-RPC", Erc20.cases, shared)
