import { truncateSync, writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { hostileText } from "./hostile-text.js";

/** Bigger than any file of ours becomes, and a hole: it takes no room on the disk. */
const SPARSE_BYTES = 600_000_000;
/** What growth adds at the most. */
const GROWN_BYTES = 2_000_000;

/** Positions are shares of the file's length, so that they fit any file. */
export type Damage =
  | { kind: "flip"; at: number; bit: number }
  | { kind: "cut"; at: number }
  | { kind: "swap"; at: number; with: number; share: number }
  | { kind: "repeat"; at: number; share: number; times: number }
  | { kind: "insert"; at: number; text: string }
  | { kind: "carriage returns" }
  | { kind: "foreign"; text: string }
  | { kind: "sparse" };

const share = fc.double({ min: 0, max: 1, noNaN: true });

/** What people's mail programs, editors, disks and strangers do to a file. */
export const damages: fc.Arbitrary<Damage[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("flip" as const), at: share, bit: fc.nat({ max: 7 }) }),
    fc.record({ kind: fc.constant("cut" as const), at: share }),
    fc.record({ kind: fc.constant("swap" as const), at: share, with: share, share }),
    fc.record({
      kind: fc.constant("repeat" as const),
      at: share,
      share,
      times: fc.constantFrom(1, 10, 5000),
    }),
    fc.record({ kind: fc.constant("insert" as const), at: share, text: hostileText }),
    fc.constant({ kind: "carriage returns" as const }),
    fc.record({
      kind: fc.constant("foreign" as const),
      text: fc.oneof(hostileText, fc.json(), fc.constantFrom("[]", "{}", "null", "\ufeff{}", "PK")),
    }),
    fc.constant({ kind: "sparse" as const }),
  ),
  { minLength: 1, maxLength: 3 },
);

/** The bytes of a file after the damage, but for `sparse`, which `writeDamaged` adds. */
export function applyDamage(original: Buffer, list: readonly Damage[]): Buffer {
  let bytes = Buffer.from(original);
  for (const damage of list) {
    const place = (at: number): number => Math.min(bytes.length, Math.floor(at * bytes.length));
    switch (damage.kind) {
      case "flip": {
        const at = Math.min(place(damage.at), bytes.length - 1);
        if (at >= 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << damage.bit);
        break;
      }
      case "cut":
        bytes = bytes.subarray(0, place(damage.at));
        break;
      case "swap": {
        const [one, other] = [place(damage.at), place(damage.with)].toSorted((a, b) => a - b);
        const [first = 0, second = 0] = [one, other];
        const length = Math.floor(damage.share * Math.min(second - first, bytes.length - second));
        bytes = Buffer.concat([
          bytes.subarray(0, first),
          bytes.subarray(second, second + length),
          bytes.subarray(first + length, second),
          bytes.subarray(first, first + length),
          bytes.subarray(second + length),
        ]);
        break;
      }
      case "repeat": {
        const at = place(damage.at);
        const piece = bytes.subarray(at, at + Math.ceil(damage.share * 1000));
        const room = Math.floor(GROWN_BYTES / Math.max(1, piece.length));
        const copies = Array.from({ length: Math.min(damage.times, room) }, () => piece);
        bytes = Buffer.concat([bytes.subarray(0, at), ...copies, bytes.subarray(at)]);
        break;
      }
      case "insert":
        bytes = Buffer.concat([
          bytes.subarray(0, place(damage.at)),
          Buffer.from(damage.text),
          bytes.subarray(place(damage.at)),
        ]);
        break;
      case "carriage returns":
        bytes = Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r"), "latin1");
        break;
      case "foreign":
        bytes = Buffer.from(damage.text);
        break;
      case "sparse":
        break;
    }
  }
  return bytes;
}

export function writeDamaged(path: string, original: Buffer, list: readonly Damage[]): void {
  writeFileSync(path, applyDamage(original, list));
  if (list.some(({ kind }) => kind === "sparse")) truncateSync(path, SPARSE_BYTES);
}
