/** Who embeds Ballast reads in his editor what each thing is that he imports. */
import { expect, it } from "vitest"
import * as Exports from "./Exports.ts"

/** Not there yet. */
const pending = /^src\/(domain|layers\/testing)\//

it.each(["src/index.ts", "src/testing.ts"])("each export of %s has a docstring", (entry) => {
  const exported = Exports.of(entry)
  expect(exported.length).toBeGreaterThan(100)
  const undocumented = exported.filter(({ file, isDocumented }) => !isDocumented && !pending.test(file))
  expect(undocumented.map(({ file, name }) => `${name} (${file})`)).toEqual([])
})
