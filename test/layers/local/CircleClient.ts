/** A client of the local Circle for the tests, independent of Ballast's own, and burns for it to see. */
import { Effect, Schema } from "effect"
import { encodeFunctionData, type Hex, zeroHash } from "viem"
import { Hex as HexText } from "../../../src/domain/Hex.ts"
import * as CircleSettings from "../../../src/layers/local/CircleSettings.ts"
import type { ChainName } from "../../../src/services/Chain.ts"
import { type Call, call } from "./Client.ts"
import * as Nodes from "./UsdcNodes.ts"

const { abi, stranger, usdc, wallet, word } = Nodes

/** All that a message of an answer has, and nothing else: external-apis 3.8. */
const Message = Schema.Struct({
  message: Schema.NullOr(Schema.String),
  attestation: Schema.NullOr(Schema.String),
  eventNonce: Schema.NullOr(Schema.String),
  status: Schema.String,
  cctpVersion: Schema.Literal(2),
  delayReason: Schema.NullOr(Schema.String),
  decodedMessage: Schema.NullOr(Schema.Unknown)
})
const Messages = Schema.Struct({ messages: Schema.Array(Message) })

const Complete = Schema.Struct({
  ...Message.fields,
  message: HexText,
  attestation: HexText,
  eventNonce: Schema.String,
  status: Schema.Literal("complete"),
  delayReason: Schema.Null
})
export type Complete = typeof Complete.Type

const strict = { onExcessProperty: "error" } as const

export const circle = ({ world }: Nodes.Nodes, path: string, asked?: Call) => call(`${world.circle.url}${path}`, asked)

/** The answer to the query: a status other than 200, or the messages. */
export const messages = (nodes: Nodes.Nodes, query: string, domain = 0) =>
  Effect.flatMap(
    circle(nodes, `/v2/messages/${domain}?${query}`),
    ({ body, status }): Effect.Effect<ReadonlyArray<typeof Message.Type> | number> =>
      status === 200
        ? Effect.orDie(Effect.map(Schema.decodeUnknown(Messages, strict)(body), ({ messages }) => messages))
        : Effect.succeed(status)
  )

/** What must be a single message that is complete. */
export const complete = (nodes: Nodes.Nodes, hash: Hex) =>
  Effect.flatMap(messages(nodes, `transactionHash=${hash}`), (answer) =>
    Effect.map(
      Schema.decodeUnknown(Schema.Tuple(Complete), strict)(answer),
      ([message]) => message
    ))

export const mine = ({ chains }: Nodes.Nodes, chain: ChainName, blocks: number) =>
  chains[chain].attempt("mine", () => chains[chain].client.mine({ blocks }))

/** With no whims but these, and no faults. */
export const become = (
  { world: { circle } }: Nodes.Nodes,
  attesting: CircleSettings.Patch["attesting"] = {},
  wire: CircleSettings.Patch["wire"] = {}
) =>
  Effect.zipRight(
    circle.faults.clear,
    circle.change(CircleSettings.patch(CircleSettings.make({ quirks: false }), { attesting, wire }))
  )

/** USDC burned on Ethereum for a stranger on Base, one block ago. Answers the transaction. */
export const burn = (nodes: Nodes.Nodes, { amount = 100n * usdc, finality = 1000, maxFee = 20_000n } = {}) =>
  Effect.gen(function*() {
    const { chains: { ethereum }, plan, world } = nodes
    yield* world.usdc.ethereum.mint(wallet, amount)
    const args = [amount, 6, word(stranger), plan.usdc.ethereum, zeroHash, maxFee, finality] as const
    const order = {
      from: wallet,
      to: plan.messenger,
      data: encodeFunctionData({ abi, functionName: "depositForBurn", args })
    }
    const [burned] = yield* Nodes.done(ethereum, order)
    if (burned === undefined) return yield* Effect.dieMessage("nothing was burned")
    return burned.transactionHash
  })

export const receive = (
  { plan }: Nodes.Nodes,
  { attestation, message }: Pick<Complete, "attestation" | "message">
) => ({
  from: wallet,
  to: plan.transmitter,
  data: encodeFunctionData({ abi, functionName: "receiveMessage", args: [message, attestation] })
})
