import type { Random } from "./random.js";

/** What stands in files that were never ours, or has no business in a text. */
const FOREIGN: readonly Buffer[] = [
  Buffer.from('{"format": 1, "conversation": []}'),
  Buffer.from("<html><body>Sign in</body></html>"),
  Buffer.from("\u0000".repeat(4096)),
  Buffer.from([0xff, 0xfe, 0x7b, 0x00]),
  Buffer.from("\r\n".repeat(512)),
  Buffer.from("[".repeat(20_000)),
  Buffer.from('"\\u001b]0;title\\u0007\\u001b[2J"'),
];

/** Damages the bytes of a file in one of the ways in which disks, transfers and editors do. */
export function damageBytes(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const to = at + random.below(bytes.length - at + 1);
  const [before, between, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, to),
    bytes.subarray(to),
  ];
  switch (random.below(7)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      const index = random.below(bytes.length);
      flipped[index] = (flipped[index] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
    case 1:
      return before;
    case 2:
      return after;
    case 3:
      return Buffer.concat([before, after]);
    case 4:
      return Buffer.concat([before, between, between, after]);
    case 5:
      return Buffer.concat([after, between, before]);
    default:
      return Buffer.concat([before, random.pick(FOREIGN), between, after]);
  }
}

/** Values that fit many a schema and no reader expects. */
const ODD_VALUES: readonly unknown[] = [
  "",
  " ".repeat(20_000),
  "\u001b]0;title\u0007\u001b[31m\u202e",
  "2026-02-31T10:00:00.000000+05:30",
  "9999-12-31T23:59:59.999999+00:00",
  "m_1",
  "t_99999999999999999999",
  "__proto__",
  "constructor",
  0,
  -1,
  1e308,
  -1e308,
  1e-308,
  Number.MAX_SAFE_INTEGER,
  true,
  null,
  [],
  {},
];

/** Puts odd values, copies and gaps into a document that still is JSON. */
export function damageDocument(document: unknown, random: Random): unknown {
  const root = structuredClone({ document });
  for (let change = 0; change <= random.below(3); change += 1) {
    const places = listPlaces(root.document);
    if (places.length === 0) break;
    const { holder, key } = random.pick(places);
    const other = random.pick(places);
    switch (random.below(4)) {
      case 0:
        delete holder[key];
        break;
      case 1:
        holder[key] = structuredClone(other.holder[other.key]);
        break;
      default:
        holder[key] = random.pick(ODD_VALUES);
    }
  }
  return root.document;
}

interface Place {
  holder: Record<string, unknown>;
  key: string;
}

function listPlaces(value: unknown): Place[] {
  if (value === null || typeof value !== "object") return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...listPlaces(holder[key])]);
}
