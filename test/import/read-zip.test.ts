import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ZipEntry, isZip, readZip } from "../../src/import/index.js";
import { ZIP_LIMITS, type ZipLimits } from "../../src/import/read-zip.js";
import { type ZipPart, makeZip } from "./support/make-zip.js";

async function read(parts: readonly ZipPart[], limits?: Partial<ZipLimits>): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  const zip = makeZip(parts);
  expect(isZip(zip)).toBe(true);
  for await (const entry of readZip(zip, { ...ZIP_LIMITS, ...limits })) entries.push(entry);
  return entries;
}

describe("readZip()", () => {
  it("gives the files, without folders, hidden files and the copies of macOS", async () => {
    const entries = await read([
      { name: "calls/", content: "" },
      { name: "calls/a.json", content: "{}" },
      { name: "__MACOSX/calls/._a.json", content: "x" },
      { name: "calls/.DS_Store", content: "x" },
      { name: "नमस्ते.json", content: "[]" },
    ]);
    expect(entries).toEqual([
      { name: "calls/a.json", bytes: Buffer.from("{}") },
      { name: "नमस्ते.json", bytes: Buffer.from("[]") },
    ]);
  });

  it("gives the files by name, and a text after the JSON file of its name, in whatever order they are", async () => {
    const order = ["a.txt", "b/c.json", "b/c.TXT", "b/d.json", "b/d.txt"];
    const names = fc.shuffledSubarray(order, { minLength: order.length });
    await fc.assert(
      fc.asyncProperty(names, async (shuffled) => {
        const entries = await read(shuffled.map((name) => ({ name, content: name })));
        expect(entries).toEqual(order.map((name) => ({ name, bytes: Buffer.from(name) })));
      }),
      { numRuns: 30 },
    );
  });

  it.each(["../../etc/passwd", "/etc/passwd", "C:/x.json"])(
    "refuses a ZIP with the name %s, which leads out of it",
    async (name) => {
      await expect(read([{ name, content: "{}" }])).rejects.toThrow("the ZIP cannot be read");
    },
  );

  it("does not unpack an entry that is larger than the limit", async () => {
    const zeros = Buffer.alloc(100_000);
    expect(await read([{ name: "a", content: zeros }], { entryBytes: 50_000 })).toEqual([
      { name: "a", problem: "it has 100000 bytes, and the limit is 50000" },
    ]);
  });

  it("stops an entry that gives more than it says", async () => {
    const [entry] = await read([{ name: "a", content: Buffer.alloc(1_000_000), claimedBytes: 10 }]);
    expect(entry).toMatchObject({ problem: expect.stringContaining("it is damaged") });
  });

  it("stops where all entries together are too large, and where there are too many", async () => {
    const parts = [1, 2, 3].map((n) => ({ name: `${n}`, content: Buffer.alloc(1000) }));
    await expect(read(parts, { allBytes: 2500 })).rejects.toThrow("more than 2500 bytes together");
    await expect(read(parts, { entries: 2 })).rejects.toThrow("3 entries, and the limit is 2");
  });

  it("says of an encrypted entry that it is encrypted", async () => {
    expect(await read([{ name: "a", content: "x", isEncrypted: true }])).toEqual([
      { name: "a", problem: "it is encrypted; unpack the ZIP first" },
    ]);
  });

  it("refuses a ZIP that is cut anywhere, without a crash", async () => {
    const zip = makeZip([{ name: "a.json", content: "{}" }]);
    for (let length = 4; length < zip.length; length += 1) {
      await expect(readZip(zip.subarray(0, length)).next()).rejects.toThrow(
        "the ZIP cannot be read",
      );
    }
  });
});
