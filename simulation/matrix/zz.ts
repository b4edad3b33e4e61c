import * as Matrix from "./Matrix.ts"
const called = new Set<string>(), callable = new Set<string>()
for (const [name, scenario] of Object.entries({ ...Matrix.workflows, ...Matrix.badDays })) {
  if (process.argv[3] && !name.includes(process.argv[3])) continue
  const t1 = performance.now()
  const r = await Matrix.explore(name, scenario, { folder: "/dev/shm", isWhole: process.argv[2] === "whole" })
  r.called.forEach((p) => called.add(p))
  r.callable.forEach((p) => callable.add(p))
  console.log(
    name,
    r.end,
    r.points.length,
    r.runs,
    r.differing.length,
    ((performance.now() - t1) / r.runs).toFixed(0),
    "ms per run"
  )
  for (const d of r.differing.slice(0, 6)) console.log("   ", d.slice(0, 500))
}
console.log("unvisited", [...callable].filter((c) => !called.has(c)))
