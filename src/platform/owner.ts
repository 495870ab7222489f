import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, uptime } from "node:os";
import { isMainThread, threadId } from "node:worker_threads";
import { crc32 } from "node:zlib";

/** The process that writes a file. The file itself names it. */
export interface Owner {
  pid: number;
  host: string;
  /**
   * The installation of the system, as 16 hex digits, because two hosts may have the same name.
   * Absent if the system does not tell, as in most containers.
   */
  machine?: string;
  /** The boot of the host; absent if the system does not tell. */
  boot_id?: string;
  /** The process namespace to which the pid belongs; absent if the system does not tell. */
  pid_namespace?: string;
  /** When the process started, in clock ticks since boot; absent if the system does not tell. */
  start_ticks?: number;
  /**
   * The worker thread of the process, absent in its main thread. A thread may end long before its
   * process.
   */
  thread_id?: number;
}

/** The owner in a short form for a file's name. */
export interface Claimant {
  pid: number;
  /** Clock ticks since boot; 0 if unknown. */
  startTicks: number;
  /** 8 hex digits that stand for the machine, its boot, its process namespace and the worker thread. */
  place: string;
}

let self: Owner | undefined;

/** This process. */
export function currentOwner(): Owner {
  if (self === undefined) {
    const bootId = tell(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
    const machine = tell(readMachine);
    const namespace = tell(() => readlinkSync("/proc/self/ns/pid"));
    const startTicks = readProcess(process.pid)?.startTicks;
    self = {
      pid: process.pid,
      host: hostname(),
      ...(machine !== undefined && { machine }),
      ...(bootId !== undefined && { boot_id: bootId }),
      ...(namespace !== undefined && { pid_namespace: namespace }),
      ...(startTicks !== undefined && { start_ticks: startTicks }),
      ...(!isMainThread && { thread_id: threadId }),
    };
  }
  return self;
}

/** This process in the form for the name of a claimed file. */
export function currentClaimant(): Claimant {
  const owner = currentOwner();
  return { pid: owner.pid, startTicks: owner.start_ticks ?? 0, place: placeOf(owner) };
}

/**
 * Whether the owner still runs. `unknown` means that only the age of its last sign of life can tell:
 *
 * - The owner is on another machine or in another process namespace, where its pid means nothing here.
 * - The owner is another worker thread of a running process.
 *
 * `lastSignMs` is that sign, in milliseconds since 1970.
 */
export function findOwner(owner: Owner, lastSignMs: number): "alive" | "dead" | "unknown" {
  const here = currentOwner();
  if (owner.host !== here.host) return "unknown";
  if (owner.boot_id !== here.boot_id)
    return isOfEarlierBoot(owner, lastSignMs) ? "dead" : "unknown";
  if (owner.pid_namespace !== here.pid_namespace) return "unknown";
  if (!isRunning(owner.pid, owner.start_ticks)) return "dead";
  const isOurs = owner.pid === here.pid && owner.thread_id === here.thread_id;
  return owner.thread_id === undefined || isOurs ? "alive" : "unknown";
}

/**
 * Whether the owner ran on this machine before a reboot, so that it runs no more. A clone of this
 * machine has the same host name, but gives signs of life after this machine's boot.
 */
function isOfEarlierBoot(owner: Owner, lastSignMs: number): boolean {
  const { machine } = currentOwner();
  const bootMs = Date.now() - uptime() * 1000;
  return machine !== undefined && owner.machine === machine && lastSignMs < bootMs;
}

/** A hash, because the system asks not to show its id to others. A hash is enough to tell ids apart. */
function readMachine(): string {
  const id = readFileSync("/etc/machine-id", "utf8").trim();
  if (!/^[0-9a-f]{32}$/.test(id)) throw new Error("the system has no id yet");
  return createHash("sha256").update(`talktrace ${id}`).digest("hex").slice(0, 16);
}

/** Whether the owner in a claimed file's name still runs. */
export function findClaimant(claimant: Claimant): "alive" | "dead" | "unknown" {
  if (claimant.place !== placeOf(currentOwner())) return "unknown";
  return isRunning(claimant.pid, claimant.startTicks || undefined) ? "alive" : "dead";
}

function placeOf(owner: Owner): string {
  const place = [owner.host, owner.boot_id, owner.pid_namespace, owner.thread_id ?? []]
    .flat()
    .join("|");
  return crc32(place).toString(16).padStart(8, "0");
}

function isRunning(pid: number, startTicks: number | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process runs, but we have no right to signal it.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const found = readProcess(pid);
  if (found === undefined) return true;
  // A zombie has ended; only its parent has not noticed.
  if (found.state === "Z" || found.state === "X") return false;
  return startTicks === undefined || found.startTicks === startTicks;
}

function readProcess(pid: number): { state: string; startTicks: number } | undefined {
  const line = tell(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (line === undefined) return undefined;
  // The second field is the program's name in brackets and may hold anything. So counting starts
  // after the last bracket, with field 3, the state. Field 22 is the start.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTicks: Number(fields[19]) };
}

function tell<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
