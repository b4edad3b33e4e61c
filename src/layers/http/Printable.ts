/** Words of a foreign server, fit for a log: no control characters, not long. */
const longest = 500

export const printable = (words: string): string => {
  const clean = words.replace(/\s+/g, " ").replace(/\p{C}/gu, "").trim()
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 3)}...`
}
