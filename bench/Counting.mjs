/** What was counted between two looks; what was not counted is left out. */
export const difference = (after, before) =>
  Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]).filter(([, count]) => count > 0)
  )

export const summary = (samples) => {
  const sorted = samples.toSorted((a, b) => a - b)
  return { min: sorted[0], median: sorted[Math.floor(sorted.length / 2)], max: sorted.at(-1) }
}
