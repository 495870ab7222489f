import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { makeFolder, makeFolderLater } from "../../src/platform/make-folder.js";

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), "talktrace-folder-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

const ways: Record<string, (path: string) => Promise<void>> = {
  // As a promise, so that both ways can be asked the same.
  "at once": async (path) => void makeFolder(path),
  later: makeFolderLater,
};

for (const [way, make] of Object.entries(ways)) {
  test(`makes a folder and those above it, also where they are there already, ${way}`, async () => {
    const home = makeHome();
    await make(join(home, "a", "b", "c"));
    await make(join(home, "a", "b", "c"));
    expect(statSync(join(home, "a", "b", "c")).isDirectory()).toBe(true);
    symlinkSync(join(home, "a"), join(home, "link"));
    await make(join(home, "link"));
    await make(join(home, "link", "d"));
    expect(existsSync(join(home, "a", "d"))).toBe(true);
  });

  test(`says what stands in the way, ${way}`, async () => {
    const file = join(makeHome(), "file");
    writeFileSync(file, "");
    await expect(make(file)).rejects.toMatchObject({ code: "EEXIST" });
    await expect(make(join(file, "below"))).rejects.toMatchObject({ code: "ENOTDIR" });
    symlinkSync(join(file, "..", "nowhere"), `${file}-link`);
    await expect(make(`${file}-link`)).rejects.toMatchObject({ code: "EEXIST" });
  });

  test(`comes back from a place that takes no folders, ${way}`, async () => {
    if (!existsSync("/proc/self")) {
      process.stderr.write("not run: this system has no /proc\n");
      return;
    }
    await expect(make("/proc/conversations")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(make("/proc/conversations/below")).rejects.toMatchObject({ code: "ENOENT" });
    await make("/proc/self");
  });
}

test("makeFolder() says whether the folder was not there before", () => {
  const home = makeHome();
  expect(makeFolder(join(home, "a", "b"))).toBe(true);
  expect(makeFolder(join(home, "a", "b"))).toBe(false);
  expect(makeFolder(join(home, "a"))).toBe(false);
});
