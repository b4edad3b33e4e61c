#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { main } from "./cli/Cli.ts"
import * as Status from "./cli/Status.ts"

const status = Effect.runSync(Status.make)

// A reader that has gone away (`| head`) is no failure of ours: what is being done is done to its end.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)

NodeRuntime.runMain(Effect.provideService(main(process.argv), Status.Status, status), {
  disablePrettyLogger: true,
  // A signal ends the process with what the command has said so far. Node would wait for its optimizing compiler first.
  teardown: () => process.stdout.write("", () => process.exit(Effect.runSync(status.get)))
})
