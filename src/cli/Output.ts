/** Results go to stdout, everything else (progress, logs, errors) to stderr. */
import { Effect } from "effect"

/** Wipes the line that the cursor is on. */
export const wipe = "\r\u001b[2K"

const write = (stream: NodeJS.WriteStream, text: string) =>
  Effect.async<void>((resume) => {
    // The live line, which is drawn again, would else be in the middle of the result.
    if (process.stderr.isTTY === true) process.stderr.write(wipe)
    // A reader that has gone away (`| head`) is no failure of ours.
    stream.write(text, () => resume(Effect.void))
  })

/** One line, or several, of a result. */
export const line = (text: string): Effect.Effect<void> => write(process.stdout, `${text}\n`)

/** The one document of a `--json` command. */
export const json = (document: unknown): Effect.Effect<void> => line(JSON.stringify(document))

export const note = (text: string): Effect.Effect<void> => write(process.stderr, `${text}\n`)

/** Columns as wide as they need to be. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n")
}
