import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeSmallDisk } from "../store/support/folder.js";
import { startOtlpReceiver } from "../support/otlp-receiver.js";
import { makeForwarder } from "./support/make-forwarder.js";
import { makeSpans } from "./support/make-spans.js";

it("a full disk costs no descriptor and no file a span, and the spans still go out", async () => {
  const disk = makeSmallDisk("64k");
  if (disk === undefined) return;
  writeFileSync(join(disk, "filler"), Buffer.alloc(60 * 1024));
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.stop());
  const forwarder = makeForwarder(join(disk, "spool"), receiver.url);
  // One is open all the time, as a session's is, and too large for what is left of the disk.
  const [open] = makeSpans(1, "x".repeat(16 * 1024));
  if (open !== undefined) forwarder.begin(open);
  const before = readdirSync("/proc/self/fd").length;
  for (const span of makeSpans(300)) forwarder.forward(span);
  expect(readdirSync("/proc/self/fd").length).toBeLessThan(before + 20);
  expect(readdirSync(join(disk, "spool")).length).toBeLessThanOrEqual(1);
  expect(forwarder.lines.filter((line) => line.includes("no space left"))).toHaveLength(1);

  rmSync(join(disk, "filler"));
  await forwarder.flush();
  expect(receiver.spans.filter(({ name }) => name === "span")).toHaveLength(300);
});
