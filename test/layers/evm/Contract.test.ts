import { Layer } from "effect"
import { afterAll } from "vitest"
import * as ChainTest from "../../../src/layers/testing/ChainTest.ts"
import * as Chain from "../../../src/layers/testing/contracts/Chain.ts"
import * as Erc20 from "../../../src/layers/testing/contracts/Erc20.ts"
import * as TransactionOutbox from "../../../src/layers/testing/contracts/TransactionOutbox.ts"
import * as TransactionOutboxTest from "../../../src/layers/testing/TransactionOutboxTest.ts"
import { runContract } from "../../support/contract.ts"
import * as AnvilChains from "./AnvilChains.ts"

const memory = TransactionOutboxTest.over().pipe(Layer.provideMerge(ChainTest.layer()))

runContract("chains in memory", Chain.cases, ChainTest.layer())
runContract("Erc20 in memory", Erc20.cases, memory)
runContract("outbox over chains in memory", TransactionOutbox.cases, memory)

const nodes = AnvilChains.runtime()
afterAll(() => nodes.dispose())
const shared = TransactionOutboxTest.over().pipe(Layer.provideMerge(AnvilChains.shared(nodes)))

runContract("chains over JSON-RPC", Chain.cases, shared)
runContract("Erc20 over JSON-RPC", Erc20.cases, shared)
runContract("outbox over JSON-RPC", TransactionOutbox.cases, shared)
