/** The embedding application's Logger, Tracer, Clock and ConfigProvider are the ones that are used, and no others. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, ConfigProvider, type Context, Effect, Exit, Layer, Logger, LogLevel, type Option, Tracer } from "effect"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { vi } from "vitest"
import { EquitySymbol, EventStore, Live, OperationId, Policies, RedemptionManager, Shares } from "../src/index.ts"
import { World } from "../src/testing.ts"
import { minimal } from "./layers/Configuration.ts"

const id = OperationId.RedemptionId.make("6f1b8f0e-6a1b-4f43-9a5f-0f5a3a1c2d3e")
const request = { symbol: EquitySymbol.EquitySymbol.make("AAPL"), quantity: Shares.fromUnits(1_000_000_000n) }
const redemption = RedemptionManager.executeRedemption(id, request)
const layer = Layer.merge(World.layer(), Policies.layer())

/** What nobody may write to but the application. */
const silent = Effect.acquireRelease(
  Effect.sync(() =>
    [
      vi.spyOn(process.stdout, "write"),
      vi.spyOn(process.stderr, "write"),
      ...(["log", "error", "warn", "info", "debug"] as const).map((name) => vi.spyOn(console, name))
    ].map((spy) => spy.mockReturnValue(true as never))
  ),
  (spies) => Effect.sync(() => spies.forEach((spy) => spy.mockRestore()))
)

class Recorder {
  readonly spans: Array<string> = []
  readonly tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      this.spans.push(name)
      return new RecordedSpan(name, parent, context, links, startTime, kind)
    },
    context: (execute) => execute()
  })
}

class RecordedSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly spanId = "1"
  readonly traceId = "1"
  readonly sampled = true
  readonly attributes = new Map<string, unknown>()
  readonly status: Tracer.SpanStatus
  readonly name: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly context: Context.Context<never>
  readonly links: ReadonlyArray<Tracer.SpanLink>
  readonly kind: Tracer.SpanKind
  constructor(
    name: string,
    parent: Option.Option<Tracer.AnySpan>,
    context: Context.Context<never>,
    links: ReadonlyArray<Tracer.SpanLink>,
    startTime: bigint,
    kind: Tracer.SpanKind
  ) {
    this.name = name
    this.parent = parent
    this.context = context
    this.links = links
    this.kind = kind
    this.status = { _tag: "Started", startTime }
  }
  end() {}
  attribute() {}
  event() {}
  addLinks() {}
}

describe("an embedding application", () => {
  it.scoped("is told everything by its own Logger, and nothing goes past it", () =>
    Effect.gen(function*() {
      const spies = yield* silent
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const end = yield* World.passing(redemption).pipe(
        Effect.provide(Layer.merge(layer, Logger.replace(Logger.defaultLogger, logger))),
        Logger.withMinimumLogLevel(LogLevel.All)
      )
      assert.strictEqual(end._tag, "Completed")
      assert.isAbove(lines.length, 0)
      for (const spy of spies) assert.strictEqual(spy.mock.calls.length, 0)
    }))

  it.effect("finds the spans in its own Tracer", () =>
    Effect.gen(function*() {
      const recorder = new Recorder()
      yield* World.passing(redemption).pipe(Effect.provide(layer), Effect.withTracer(recorder.tracer))
      assert.include(recorder.spans, "Erc20.transfer")
      assert.isTrue(recorder.spans.some((name) => name.startsWith("RedemptionManager")), recorder.spans.join(", "))
    }))

  it.live("sets the time by its own Clock", () =>
    Effect.gen(function*() {
      const begun = Date.UTC(2031, 4, 5)
      let now = begun
      const millis = () => now
      const clock: Clock.Clock = {
        ...Clock.make(),
        unsafeCurrentTimeMillis: millis,
        unsafeCurrentTimeNanos: () => BigInt(now) * 1_000_000n,
        currentTimeMillis: Effect.sync(millis),
        currentTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
        // Hours pass in a moment.
        sleep: (duration) =>
          Effect.zipRight(
            Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 1))),
            Effect.sync(() =>
              void (now += Math.min(5_000, Number(duration.value._tag === "Millis" ? duration.value.millis : 5_000)))
            )
          )
      }
      const history = yield* Effect.gen(function*() {
        assert.strictEqual((yield* redemption)._tag, "Completed")
        const store = yield* EventStore
        return yield* store.history(id)
      }).pipe(Effect.provide(layer), Effect.withClock(clock), Logger.withMinimumLogLevel(LogLevel.None))
      const times = history.map(({ metadata }) => Date.parse(metadata.recordedAt))
      assert.strictEqual(times[0], begun)
      assert.isTrue(times.every((time) => time >= begun && time <= now))
      assert.isAbove(times.at(-1) ?? 0, begun + 60_000)
    }))

  it.scopedLive("is configured by its own ConfigProvider, and by no environment", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "ballast-embedding-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const [told, environment] = ["told.db", "environment.db"].map((name) => join(folder, name))
      vi.stubEnv("BALLAST_DATABASE", `sqlite:${environment}`)
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      const keys = new Map(Object.entries({ ...minimal, BALLAST_DATABASE: `sqlite:${told}` }))
      const build = Effect.scoped(Layer.build(Live.layerConfig))
      yield* Effect.withConfigProvider(build, ConfigProvider.fromMap(keys))
      assert.isTrue(existsSync(told ?? ""))
      assert.isFalse(existsSync(environment ?? ""))

      keys.delete("BALLAST_ALPACA_API_KEY")
      const without = yield* Effect.exit(Effect.withConfigProvider(build, ConfigProvider.fromMap(keys)))
      assert.isTrue(Exit.isFailure(without))
    }))
})
