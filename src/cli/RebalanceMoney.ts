/** What became of the amount of a rebalance on its way: asked, moved, and lost to fees. */
import { Option, Schema } from "effect"
import * as Cctp from "../domain/Cctp.ts"
import * as Usdc from "../domain/Usdc.ts"
import * as UsdcRebalance from "../domain/UsdcRebalance.ts"
import type { Operation } from "../services/EventStore.ts"

const known = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { as: "Option" })

const decode = Schema.decodeUnknownOption(
  Schema.Struct({
    amount: Usdc.Usdc,
    withdrawn: known(UsdcRebalance.State.Withdrawn),
    burn: known(Cctp.Burn),
    minted: known(Cctp.Mint),
    credited: known(Usdc.Usdc)
  })
)

/** One line; none for what is no rebalance. */
export const line = ({ data, type }: Operation): Option.Option<string> =>
  Option.map(type === UsdcRebalance.aggregate.type ? decode(data) : Option.none(), (money) => {
    const said = (what: string, amount: Option.Option<Usdc.Usdc>) =>
      Option.toArray(Option.map(amount, (usdc) => `${what} ${Usdc.print(usdc)}`))
    const withdrawn = Option.map(money.withdrawn, ({ received }) => received)
    const lost = Option.map(
      money.credited,
      (credited) => Usdc.fromUnits(money.amount > credited ? money.amount - credited : 0n)
    )
    return `  USDC: ${
      [
        `asked ${Usdc.print(money.amount)}`,
        ...said("withdrawn", withdrawn),
        ...said("burned", Option.map(money.burn, ({ burned }) => burned)),
        ...said("fee of CCTP", Option.map(money.minted, ({ feeCollected }) => feeCollected)),
        ...said("minted", Option.map(money.minted, ({ received }) => received)),
        ...said("credited", money.credited),
        ...said("lost on the way", lost)
      ].join(", ")
    }`
  })
