import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeSmallDisk } from "../store/support/folder.js";
import { startOtlpReceiver } from "../support/otlp-receiver.js";
import { makeForwarder } from "./support/make-forwarder.js";
import { makeSpans } from "./support/make-spans.js";

it("a read-only folder gets one line when it begins, and another one once spans were written", async () => {
  const disk = makeSmallDisk("1m");
  if (disk === undefined) return;
  const spool = join(disk, "spool");
  mkdirSync(spool);
  const receiver = await startOtlpReceiver();
  receiver.mode = { status: 503 };
  onTestFinished(() => receiver.stop());
  execFileSync("mount", ["-o", "remount,ro", disk], { stdio: "pipe" });
  const forwarder = makeForwarder(spool, receiver.url);
  const diskLines = () => forwarder.lines.filter((line) => line.includes(spool));

  const spans = makeSpans(30);
  for (const span of spans) {
    forwarder.begin(span);
    // What a span needs no writing for says nothing of the disk: it has ended before its turn.
    forwarder.forward(span);
    await Promise.resolve();
  }
  expect(diskLines()).toEqual([
    expect.stringMatching(/^Spans do not survive this process: cannot write to .*EROFS/),
  ]);

  execFileSync("mount", ["-o", "remount,rw", disk], { stdio: "pipe" });
  receiver.mode = "accept";
  await forwarder.flush();
  for (const span of makeSpans(3)) forwarder.forward(span);
  await expect
    .poll(() => {
      for (const span of makeSpans(1)) forwarder.forward(span);
      return diskLines().slice(1);
    })
    .toEqual([`Spans are written to "${spool}" again`]);
  await forwarder.shutdown();
});
