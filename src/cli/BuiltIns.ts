/** What the command line prints without doing anything: rendered when it is bundled, so that the help need not load it. */
import { Command } from "@effect/cli"
import { Effect, HashMap } from "effect"
import { main } from "./Cli.ts"
import { ballast, usdc } from "./Commands.ts"
import * as Status from "./Status.ts"

type Words = ReadonlyArray<string>

const names = (commands: ReturnType<typeof Command.getSubcommands>) => [...HashMap.keys(commands)]

const paths: ReadonlyArray<Words> = [
  [],
  ...names(Command.getSubcommands(ballast)).map((name) => [name]),
  ...names(Command.getSubcommands(usdc)).map((name) => ["usdc", name])
]

const printed = (args: Words) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const status = yield* Status.make
    yield* Effect.consoleWith((console) =>
      main(["node", "ballast", ...args]).pipe(
        Effect.withConsole({
          ...console,
          log: (...words) => Effect.sync(() => lines.push(words.join(" "))),
          unsafe: { ...console.unsafe, log: (...words) => lines.push(words.join(" ")) }
        }),
        Effect.provideService(Status.Status, status)
      )
    )
    return { args, text: lines.join("\n") }
  })

const asked: ReadonlyArray<Words> = [
  ["--version"],
  ...paths.flatMap((words) => [[...words, "--help"], [...words, "-h"]])
]

export const builtIns: Effect.Effect<ReadonlyArray<{ readonly args: Words; readonly text: string }>> = Effect.forEach(
  asked,
  printed
)
