import { expect, test } from "vitest";

import { describeBytes } from "../../src/store/disk/describe-bytes.js";
import { findWayOut } from "../../src/store/disk/fault.js";

test("a size is told in the unit that people read it in, and never as less than it is", () => {
  const sizes = [0, 1, 1023, 1024, 2000, 32 * 1024 ** 2, 8 * 1024 ** 2 + 1, 5 * 1024 ** 4];
  expect(sizes.map(describeBytes)).toEqual([
    "0 bytes",
    "1 byte",
    "1023 bytes",
    "1 KiB",
    "2 KiB",
    "32 MiB",
    "8.1 MiB",
    "5120 GiB",
  ]);
});

test("each fault of a disk has a way out of its own", () => {
  const wayOut = (code: string): string => findWayOut(Object.assign(new Error(code), { code }));
  expect(wayOut("ENOSPC")).toBe("make room on the disk");
  expect(wayOut("EMFILE")).toBe("let the process open more files (ulimit -n)");
  expect(wayOut("EROFS")).toBe("make the folder writable");
  expect(wayOut("EIO")).toBe("see to the disk of that folder");
});
