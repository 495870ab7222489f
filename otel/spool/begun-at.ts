import { uptime } from "node:os";
import { crc32 } from "node:zlib";
import { currentOwner } from "../../src/platform/owner.js";

/** When a file was begun, by the machine's uptime, which nobody can set. */
interface BegunAt {
  /** The boot of the machine, as 8 hex digits. */
  boot: string;
  uptime_s: number;
}

/** This moment, for a file that begins now; undefined if the system does not identify its boots. */
export function encodeNow(): Buffer | undefined {
  const boot = bootOf();
  if (boot === undefined) return undefined;
  const begunAt: BegunAt = { boot, uptime_s: uptime() };
  return Buffer.from(JSON.stringify(begunAt));
}

/** The age of a file that began at such a moment; undefined if the machine has booted since. */
export function ageOf(encoded: Buffer): number | undefined {
  try {
    const { boot, uptime_s } = JSON.parse(encoded.toString("utf8")) as Partial<BegunAt>;
    if (boot === undefined || boot !== bootOf() || typeof uptime_s !== "number") return undefined;
    const ageMs = (uptime() - uptime_s) * 1000;
    return ageMs >= 0 ? ageMs : undefined;
  } catch {
    return undefined;
  }
}

function bootOf(): string | undefined {
  const { boot_id: id } = currentOwner();
  return id === undefined ? undefined : crc32(id).toString(16).padStart(8, "0");
}
