import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Tests start chains, servers and databases: a process of its own for each file lets none of them leak into the next.
    pool: "forks",
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
})
