/** What an embedding application can name, with its types: changed on purpose, by `node scripts/api.mjs --write`. */
import { spawnSync } from "node:child_process"
import { expect, it } from "vitest"

it("is the public surface that api/ballast.d.txt says, and each export says what it is", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/api.mjs"], { encoding: "utf8" })
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
}, 180_000)
