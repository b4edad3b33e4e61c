import { Layer } from "effect"
import * as ChainTest from "../../../../src/layers/testing/ChainTest.ts"
import * as TransactionOutbox from "../../../../src/layers/testing/contracts/TransactionOutbox.ts"
import * as TransactionOutboxTest from "../../../../src/layers/testing/TransactionOutboxTest.ts"
import { runContract } from "../../../support/contract.ts"

runContract(
  "outbox over chains in memory",
  TransactionOutbox.cases,
  TransactionOutboxTest.over().pipe(Layer.provideMerge(ChainTest.layer()))
)
