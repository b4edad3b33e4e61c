import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const source = (file: string) => fileURLToPath(new URL(`src/${file}`, import.meta.url))

export default defineConfig({
  // The examples import as a user does, without a build.
  resolve: {
    alias: [
      { find: /^ballast$/, replacement: source("index.ts") },
      { find: /^ballast\/testing$/, replacement: source("testing.ts") }
    ]
  },
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    setupFiles: ["test/support/setup.ts"],

    // Tests start chains, servers and databases: a process of its own for each file lets none of them leak into the next.
    pool: "forks",
    // Much of the time is waiting, for chains, for child processes and for what runs under a simulated clock: one more than
    // there are cores.
    maxWorkers: 3,
    minWorkers: 1,
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
})
