/** Writes down everything that somebody who looks at a running program could get to see. */
import { Cause, Effect, Exit, Layer, Logger, LogLevel, Tracer } from "effect"
import { inspect } from "node:util"

/** As deep as anybody prints, with what is hidden. */
const shown = (value: unknown): string => inspect(value, { depth: 12, showHidden: true, maxStringLength: null })

/** What goes round in circles, or holds a bigint, some printers refuse, in words of their own. */
const attempted = (print: () => string): string => {
  try {
    return print()
  } catch (cause) {
    return String(cause)
  }
}

/** What becomes of a value in the hands of those who print values. */
export const printed = (value: unknown): string =>
  [
    attempted(() => String(value)),
    attempted(() => JSON.stringify(value, (_, inner: unknown) => typeof inner === "bigint" ? String(inner) : inner)),
    shown(value)
  ].join("\n")

/** What becomes of an ending: what a crash reporter, a log and a person make of it. */
export const dumped = <A, E>(exit: Exit.Exit<A, E>): string =>
  [
    printed(exit),
    ...Exit.isFailure(exit)
      ? [
        Cause.pretty(exit.cause),
        Cause.pretty(exit.cause, { renderErrorCause: true }),
        ...[...Cause.failures(exit.cause), ...Cause.defects(exit.cause)].flatMap((error) => [
          printed(error),
          ...error instanceof Error ? [error.message, String(error.stack), printed(error.cause)] : []
        ])
      ]
      : []
  ].join("\n")

/** Spans as an exporter sends them, and log lines of every format at every level. */
export const make = Effect.sync(() => {
  const spans: Array<string> = []
  const lines: Array<string> = []
  const tracer = Tracer.make({
    context: (run) => run(),
    span: (name, parent, context, links, startTime, kind) => {
      spans.push(name, ...links.map(printed))
      const attributes = new Map<string, unknown>()
      return {
        _tag: "Span",
        name,
        spanId: String(spans.length),
        traceId: "trace",
        parent,
        context,
        links,
        kind,
        sampled: true,
        status: { _tag: "Started", startTime },
        attributes,
        attribute: (key, value) => {
          attributes.set(key, value)
          spans.push(`${key}=${printed(value)}`)
        },
        event: (event, _, about) => void spans.push(event, printed(about)),
        addLinks: (more) => void spans.push(...more.map(printed)),
        // Of an end those who collect spans keep the failure, never the value.
        end: (_, exit) => void (Exit.isFailure(exit) && spans.push(dumped(exit)))
      }
    }
  })
  const formats = [Logger.jsonLogger, Logger.logfmtLogger, Logger.stringLogger, Logger.structuredLogger]
  const logger = Logger.make<unknown, void>((entry) => {
    lines.push(
      ...formats.map((format) => printed(format.log(entry))),
      printed(entry.message),
      Cause.pretty(entry.cause)
    )
  })
  const layer = Layer.mergeAll(
    Layer.setTracer(tracer),
    Logger.replace(Logger.defaultLogger, logger),
    Logger.minimumLogLevel(LogLevel.All)
  )
  return { layer, lines, spans }
})
