/**
 * What can be typed, and what the help says of it. What a command does is loaded when it is typed: most of the program is
 * of no use to one that looks at the log, and the help needs nothing of it.
 */
import { Args, Command, Options } from "@effect/cli"
import { Effect } from "effect"

/** A command's `run`, once its module is there. */
const loaded =
  <T, A, E, R>(module: () => Promise<{ readonly run: (typed: T) => Effect.Effect<A, E, R> }>) => (typed: T) =>
    Effect.flatMap(Effect.promise(module), ({ run }) => run(typed))

const json = Options.boolean("json").pipe(
  Options.withDescription("One JSON document on stdout; amounts are decimal strings")
)
const config = Options.text("config").pipe(
  Options.optional,
  Options.withDescription("A JSON file of BALLAST_* keys; the environment wins over it, it wins over .env")
)
const noWait = Options.boolean("no-wait").pipe(
  Options.withDescription("Do not wait for an operation that another process drives")
)
const dryRun = Options.boolean("dry-run").pipe(
  Options.withDescription("Check everything, show the plan, send nothing")
)

/** Of whatever drives an operation that is there. */
const driving = { noWait, config, json }

/** Of whatever starts one. */
const starting = { dryRun, ...driving }

/** The same id again is the same operation. */
const newId = (what: string) =>
  Options.text("id").pipe(
    Options.optional,
    Options.withDescription(`A UUID; the same id again continues that ${what}`)
  )

const id = Args.text({ name: "ID" })

const demo = Command.make("demo", { json }, loaded(() => import("./commands/Demo.ts"))).pipe(
  Command.withDescription("Runs the workflows on an embedded local world and shows that the balances add up")
)

const sandbox = Command.make("sandbox", { json }, loaded(() => import("./commands/Sandbox.ts"))).pipe(
  Command.withDescription("Runs the local world and prints the environment that points other commands at it")
)

const run = Command.make("run", { config, json }, loaded(() => import("./commands/Run.ts"))).pipe(
  Command.withDescription("The process: resumes all, drives, rechecks on a schedule; a signal stops it between steps")
)

const check = Command.make("check", { config, json }, loaded(() => import("./commands/Check.ts"))).pipe(
  Command.withDescription("Configuration, keys, chains, contracts and balances; sends nothing")
)

const mint = Command.make(
  "mint",
  {
    symbol: Options.text("symbol").pipe(Options.withDescription("The share at Alpaca, such as AAPL")),
    quantity: Options.text("quantity").pipe(Options.withDescription("Shares, at most 9 decimals, such as 10.5")),
    wallet: Options.text("wallet").pipe(
      Options.optional,
      Options.withDescription("Receives the tokens on Base; ours by default")
    ),
    id: newId("mint"),
    ...starting
  },
  loaded(() => import("./commands/Mint.ts"))
).pipe(Command.withDescription("Shares at Alpaca become tokens on Base"))

const redeem = Command.make(
  "redeem",
  {
    symbol: Options.text("symbol").pipe(Options.withDescription("The share whose tokens are sent, such as AAPL")),
    quantity: Options.text("quantity").pipe(Options.withDescription("Shares, at most 9 decimals, such as 10.5")),
    id: newId("redemption"),
    parallel: Options.boolean("parallel").pipe(
      Options.withDescription("Also while another redemption of the symbol has not settled")
    ),
    ...starting
  },
  loaded(() => import("./commands/Redeem.ts"))
).pipe(Command.withDescription("Tokens on Base become shares at Alpaca"))

const rebalance = {
  amount: Options.text("amount").pipe(Options.withDescription("USDC, at most 6 decimals, such as 1000")),
  id: newId("rebalance"),
  ...starting
}

const alpacaToBase = Command.make(
  "alpaca-to-base",
  rebalance,
  loaded(() => import("./commands/Usdc.ts").then(({ alpacaToBase }) => ({ run: alpacaToBase })))
).pipe(Command.withDescription("From Alpaca over Ethereum and CCTP into the vault on Base"))

const baseToAlpaca = Command.make(
  "base-to-alpaca",
  rebalance,
  loaded(() => import("./commands/Usdc.ts").then(({ baseToAlpaca }) => ({ run: baseToAlpaca })))
).pipe(Command.withDescription("From the vault on Base over CCTP and Ethereum to Alpaca"))

export const usdc = Command.make("usdc").pipe(
  Command.withDescription("USDC between Alpaca and the vault on Base"),
  Command.withSubcommands([alpacaToBase, baseToAlpaca])
)

const list = Command.make(
  "list",
  { live: Options.boolean("live").pipe(Options.withDescription("Only those that are not settled")), config, json },
  loaded(() => import("./commands/List.ts"))
).pipe(Command.withDescription("All operations, oldest first"))

const show = Command.make("show", { id, config, json }, loaded(() => import("./commands/Show.ts"))).pipe(
  Command.withDescription("One operation, with every event and where its money is")
)

const resume = Command.make(
  "resume",
  { id: Args.optional(id), ...driving },
  loaded(() => import("./commands/Resume.ts"))
).pipe(Command.withDescription("Continues all that is not finished or not settled, or one operation"))

const reason = Options.text("reason").pipe(Options.withDescription("Why, for whoever reads the log"))

const recheck = Command.make(
  "recheck",
  {
    id,
    transfer: Options.text("transfer").pipe(
      Options.optional,
      Options.withDescription("Alpaca's id of the transfer that is its withdrawal, where several could be it")
    ),
    ...driving
  },
  loaded(() => import("./commands/Failed.ts").then(({ recheck }) => ({ run: recheck })))
).pipe(Command.withDescription("Asks the provider about a failed operation and adopts a late success"))

const retry = Command.make(
  "retry",
  { id, ...driving },
  loaded(() => import("./commands/Failed.ts").then(({ retry }) => ({ run: retry })))
).pipe(Command.withDescription("Orders a new try of a failed step, once nothing of the old one can still happen"))

const cancel = Command.make(
  "cancel",
  { id, reason, ...driving },
  loaded(() => import("./commands/Failed.ts").then(({ cancel }) => ({ run: cancel })))
).pipe(Command.withDescription("Cancels an operation while nothing irreversible has happened"))

const reconcile = Command.make(
  "reconcile",
  {
    id,
    reason,
    note: Options.text("note").pipe(Options.withDescription("What was done, and where the money is now")),
    ...driving
  },
  loaded(() => import("./commands/Failed.ts").then(({ reconcile }) => ({ run: reconcile })))
).pipe(Command.withDescription("Records that you have settled the money of a failed operation by hand"))

const verify = Command.make(
  "verify",
  {
    rebuild: Options.boolean("rebuild").pipe(Options.withDescription("Write all views again from the log first")),
    config,
    json
  },
  loaded(() => import("./commands/Verify.ts"))
).pipe(
  Command.withDescription(
    "Replays the whole log and holds the views and the outbox against it, and that against the chains"
  )
)

export const ballast = Command.make("ballast").pipe(
  Command.withDescription("Moves inventory between a broker and a chain, and never loses track of it"),
  Command.withSubcommands([
    demo,
    sandbox,
    run,
    check,
    mint,
    redeem,
    usdc,
    list,
    show,
    resume,
    recheck,
    retry,
    cancel,
    reconcile,
    verify
  ])
)
