/**
 * Who holds a lease, told so exactly that another process on the same machine can see that its holder is no more: the
 * lease of a crashed process is then free at once, not after it expires.
 */
import { Effect } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"

export interface ProcessIdentity {
  /** Equal only where both processes see each other under the same process ids: one boot of one kernel, one namespace. */
  readonly machine: string
  readonly hostname: string
  readonly pid: number
  /** When it started, in the kernel's own count; guards against an id that was given to another process. */
  readonly start: string | undefined
}

const textOf = (file: string): string | undefined => {
  try {
    return fs.readFileSync(file, "utf8").trim()
  } catch {
    return undefined
  }
}

const linkOf = (file: string): string | undefined => {
  try {
    return fs.readlinkSync(file)
  } catch {
    return undefined
  }
}

/** State and start time out of /proc/<pid>/stat; its second field, the name, may itself hold spaces and brackets. */
export const parseStat = (stat: string): { readonly state: string; readonly start: string } | undefined => {
  const fields = stat.slice(stat.lastIndexOf(")") + 1).trim().split(" ")
  const [state, start] = [fields[0], fields[19]]
  return state === undefined || start === undefined ? undefined : { state, start }
}

const statOf = (pid: number) => {
  const stat = textOf(`/proc/${pid}/stat`)
  return stat === undefined ? undefined : parseStat(stat)
}

const machine = (): string => {
  const boot = textOf("/proc/sys/kernel/random/boot_id")
  const namespace = linkOf("/proc/self/ns/pid")
  return boot === undefined || namespace === undefined ? os.hostname() : `${boot} ${namespace}`
}

/** This process. */
export const current: Effect.Effect<ProcessIdentity> = Effect.sync(() => ({
  machine: machine(),
  hostname: os.hostname(),
  pid: process.pid,
  start: statOf(process.pid)?.start
}))

/** How people are told of it. */
export const describe = ({ hostname, pid }: ProcessIdentity): string => `process ${pid} on ${hostname}`

const hasProcess = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // Not permitted to signal it, so it is there.
    return !(cause instanceof Error && "code" in cause && cause.code === "ESRCH")
  }
}

/** True only when it is certain: a process of this machine that has ended, or whose id another one has now. */
export const isGone = (
  holder: { readonly machine: string; readonly pid: number; readonly start: string | undefined },
  self: ProcessIdentity
): boolean => {
  // An id of zero or less would mean a group of processes.
  if (holder.machine !== self.machine || holder.pid <= 0) return false
  if (!hasProcess(holder.pid)) return true
  const stat = statOf(holder.pid)
  if (stat === undefined) return false
  // A zombie has ended, only its parent has not looked yet.
  return stat.state === "Z" || stat.state === "X" || (holder.start !== undefined && holder.start !== stat.start)
}
