/** What the live ports make of one list for all who ask. */
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Either, Option } from "effect"
import { type TokenizationRequest, TokenizationRequestId } from "../../../src/domain/TokenizationRequest.ts"
import * as TxHash from "../../../src/domain/TxHash.ts"
import type { AlpacaError } from "../../../src/services/AlpacaError.ts"
import { redemption, row, sent, withStub } from "./Live.ts"
import { json, refusal, type Reply } from "./StubServer.ts"

const ids = Array.from({ length: 6 }, (_, at) => TokenizationRequestId.make(`${at}0000000-573d-4a7b-af03-6f5dc01b9ffc`))
const rows = ids.map((tokenization_request_id) => ({ ...row, tokenization_request_id }))

/** Those that are asked for by themselves; it knows all but the last. */
const single: Reply = (response) => {
  const found = rows.slice(0, -1).find(({ tokenization_request_id: id }) => response.req.url?.endsWith(`/${id}`))
  return (found === undefined ? refusal(404, "tokenization request not found") : json(found))(response)
}

const shown = (answers: ReadonlyArray<Either.Either<Option.Option<TokenizationRequest>, AlpacaError>>) =>
  answers.map(Either.match({
    onLeft: ({ reason }) => reason,
    onRight: Option.match({ onNone: () => "none", onSome: ({ id }) => String(id) })
  }))

/** All at once, and the paths that were asked for. */
const asking = (replies: ReadonlyArray<Reply>) =>
  withStub(replies, ({ alpaca, stub }) =>
    Effect.map(
      Effect.forEach(ids, (id) => Effect.either(alpaca.getRequest(id)), { concurrency: "unbounded" }),
      (answers) => ({
        answers: shown(answers),
        paths: stub.received.map(({ url }) => url?.replace(/.*\/tokenization\//, ""))
      })
    ))

const path = (at: number) => `requests/${ids[at]}`

describe("tokenization requests that many wait for", () => {
  it.live("are read in one list; one that it lacks, or that cannot be read there, is asked for by itself", () =>
    Effect.gen(function*() {
      const [, second, third, fourth] = rows
      const list = json([{ ...third, qty: "many" }, "nonsense", second, { ...row, qty: "not ours" }, fourth])
      const { answers, paths } = yield* asking([single, list, single, single, single])
      expect(answers).toEqual([...ids.slice(0, 5), "none"])
      expect(paths.slice(0, 2)).toEqual([path(0), "requests"])
      expect(paths.slice(2).toSorted()).toEqual([path(2), path(4), path(5)])
    }))

  it.live("are each asked for by itself where the list cannot be had", () =>
    Effect.gen(function*() {
      const { answers, paths } = yield* asking([single, refusal(500, "too long"), ...rows.map(() => single)])
      expect(answers).toEqual([...ids.slice(0, 5), "none"])
      expect(paths).toHaveLength(7)
    }))

  it.live("are asked for no more while Alpaca wants no more requests", () =>
    Effect.gen(function*() {
      const { answers, paths } = yield* asking([single, refusal(429, "too many requests")])
      expect(answers).toEqual([ids[0], ...Array.from({ length: 5 }, () => "RateLimited")])
      expect(paths).toEqual([path(0), "requests"])
    }))
})

describe("redemptions that many wait for", () => {
  const all = ids.map((_, at) => ({
    ...sent,
    txHash: TxHash.make(`0x${String(at).repeat(64)}`),
    sentAt: DateTime.addDuration(sent.sentAt, Duration.hours(at === 3 ? -1 : at * 2))
  }))
  const found = all.map(({ sentAt, txHash: tx_hash }, at) => ({
    ...redemption,
    tokenization_request_id: ids[at],
    tx_hash,
    created_at: DateTime.formatIso(sentAt)
  }))
  const asking = (replies: ReadonlyArray<Reply>) =>
    withStub(replies, ({ alpaca, stub }) =>
      Effect.map(
        Effect.forEach(all, (one) => Effect.either(alpaca.findRedemption(one)), { concurrency: "unbounded" }),
        (answers) => ({
          answers: shown(answers),
          since: stub.received.map(({ url }) => new URL(url ?? "", stub.url).searchParams.get("after"))
        })
      ))
  const since = (at: number) =>
    DateTime.formatIso(DateTime.subtractDuration(all[at]?.sentAt ?? sent.sentAt, Duration.hours(1)))

  it.live("are found in one list that goes back to the oldest, each as if it had been asked for alone", () =>
    Effect.gen(function*() {
      const [first, second, third, , fifth, sixth] = found
      const older = { ...sixth, created_at: DateTime.formatIso(sent.sentAt) }
      const foreign = { ...fifth, wallet_address: "0x00000000000000000000000000000000000000a1" }
      const { answers, since: asked } = yield* asking([
        json([first]),
        json([second, { ...third, qty: "many" }, foreign, older, "nonsense"])
      ])
      expect(answers).toEqual([ids[0], ids[1], "Unavailable", "none", "Mismatch", "none"])
      expect(asked).toEqual([since(0), since(3)])
    }))

  it.live("are each asked for by itself where that list cannot be had", () =>
    Effect.gen(function*() {
      const { answers, since: asked } = yield* asking([
        json(found),
        refusal(500, "too long"),
        ...found.map(() => json(found))
      ])
      expect(answers).toEqual(ids)
      expect(asked).toHaveLength(7)
    }))
})
