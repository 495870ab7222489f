import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeOldSpoolFiles } from "../../otel/index.js";
import { nameSpoolFile } from "../../otel/spool/spool-name.js";
import { currentClaimant } from "../../src/platform/owner.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-spool-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("spool files that nobody writes are removed by the age in their name, also those set aside", () => {
  const lane = "0123abcd";
  const old = nameSpoolFile({ createdMs: 1_000_000_000_000, lane, owner: undefined });
  const recent = nameSpoolFile({ createdMs: 1_800_000_000_000, lane, owner: undefined });
  const owner = currentClaimant();
  const living = nameSpoolFile({ createdMs: 1_000_000_000_000, lane, owner });
  const names = [old, `${old}.damaged`, recent, living, "notes.spool"];
  for (const name of names) writeFileSync(join(folder, name), "");
  expect(removeOldSpoolFiles(folder, 1_700_000_000_000)).toBe(2);
  expect(readdirSync(folder).toSorted()).toEqual([recent, living, "notes.spool"].toSorted());
  expect(removeOldSpoolFiles(join(folder, "none"), 1_700_000_000_000)).toBe(0);
});
