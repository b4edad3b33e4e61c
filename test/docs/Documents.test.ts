/** What the documents name is there: files, headings, commands, keys, and each reason of each error. */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Failure from "../../src/domain/Failure.ts"
import * as BallastConfig from "../../src/layers/Config.ts"
import { Refused } from "../../src/managers/Refused.ts"
import { AlpacaError } from "../../src/services/AlpacaError.ts"
import { CctpError } from "../../src/services/CctpBridge.ts"
import { ChainError } from "../../src/services/Chain.ts"
import { SignerError } from "../../src/services/Signer.ts"
import { StoreError } from "../../src/services/StoreError.ts"
import { OutboxError } from "../../src/services/TransactionOutbox.ts"

const documents = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file))
]
const read = (file: string) => readFileSync(file, "utf8")
const guide = read("docs/guide.md")

/** As it stands in a link: fenced code is none. */
const prose = (text: string) => text.replaceAll(/^```.*?^```$/gms, "")

const anchors = (file: string) =>
  [...prose(read(file)).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")
  )

describe.each(documents)("%s", (file) => {
  const text = read(file)

  it("has no link to what is not there", () => {
    const broken = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link).filter((link) => {
      if (/^https?:/.test(link)) return false
      const [path = "", anchor] = link.split("#")
      const target = path === "" ? file : join(dirname(file), path)
      return !existsSync(target) || anchor !== undefined && !anchors(target).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  it("names no file that is not there", () => {
    const roots = ["src", "test", "docs", "scripts", "simulation", "contracts", "bench", "kill-test"]
    const named = text.matchAll(new RegExp(`(?<![\\w/.-])(?:${roots.join("|")})/[\\w./-]*[\\w/]`, "g"))
    expect([...named].map(([path]) => path).filter((path) => !existsSync(path))).toEqual([])
  })

  it("names no key that the configuration does not know", () => {
    const named = [...text.matchAll(/BALLAST_[A-Z_*]*[A-Z*]/g)].map(([key]) => key)
    const known = [...BallastConfig.keys]
    expect(named.filter((key) => {
      const pattern = new RegExp(`^${key.replaceAll("*", ".*")}$`)
      return !known.some((one) => pattern.test(one))
    })).toEqual([])
  })

  it("names no npm script that is not there", () => {
    const { scripts }: { scripts: object } = JSON.parse(read("package.json"))
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})

describe("architecture", () => {
  const text = read("docs/architecture.md")

  it("names no function that its file does not have", () => {
    const named = [...text.matchAll(/`([a-z]\w+)`\s+of\s+`(src\/[\w./]+\.ts)`/g)]
    expect(named.length).toBeGreaterThan(15)
    expect(named.filter(([, name, file = ""]) => !new RegExp(`\\b${name}\\b`).test(read(file))).map(([all]) => all))
      .toEqual([])
  })
})

describe("the guide", () => {
  const section = (heading: string) => guide.split(/^#{2,3} /m).find((part) => part.startsWith(heading)) ?? ""

  const errors = { AlpacaError, ChainError, OutboxError, SignerError, CctpError, StoreError }
  for (const [name, error] of Object.entries(errors)) {
    it(`explains each reason of ${name}, with its kind`, () => {
      for (const reason of error.fields.reason.literals) {
        expect(section(`\`${name}\``), reason).toMatch(new RegExp(`\`${reason}\``))
      }
      const rows = [...section(`\`${name}\``).matchAll(/^\| `(\w+)` \| (\w+) \|/gm)]
      expect(rows.map(([, reason]) => reason)).toEqual([...error.fields.reason.literals])
      const source = readdirSync("src/services").map((file) =>
        read(join("src/services", file))
      ).find((text) => text.includes(`class ${name} `)) ?? ""
      for (const [, reason, kind] of rows) {
        expect(source).toContain(`  ${reason}: "${kind}"`)
      }
    })
  }

  it("explains each refusal", () => {
    for (const reason of Refused.fields.reason.literals) expect(section("`Refused`")).toContain(`\`${reason}\``)
  })

  it("explains each reason and each place of a failure", () => {
    for (const name of [...Failure.Reason.literals, ...Failure.Place.literals]) {
      expect(section("What each failure means")).toContain(`\n| \`${name}\` |`)
    }
  })

  it("names no command that the command line does not have", () => {
    const help = spawnSync(process.execPath, ["dist/main.js", "--help"], { encoding: "utf8" }).stdout
    const text = [guide, read("README.md")].join("\n")
    const named = [...text.matchAll(/(?:npx ballast|dist\/main\.js|`ballast) ([a-z][\w-]*)/g)].map(([, name = ""]) =>
      name
    )
    expect(named.length).toBeGreaterThan(20)
    expect([...new Set(named)].filter((name) => !new RegExp(`- ${name}\\b`).test(help))).toEqual([])
    const options = [...text.matchAll(/(?<=ballast [^\n`]*?)--[a-z][a-z-]*/g)].map(([option]) => option)
    expect([...new Set(options)].filter((option) => !help.includes(option))).toEqual([])
  })
})
