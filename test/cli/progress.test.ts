import { clearLine, cursorTo, moveCursor } from "node:readline";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { openProgress } from "../../src/cli/progress.js";

/** A stream that says whether it is a terminal, and keeps what is written to it. */
function openScreen(isTTY: boolean) {
  const stream = new PassThrough();
  const written: string[] = [];
  stream.on("data", (data: Buffer) => written.push(data.toString()));
  const terminal = Object.assign(stream, {
    isTTY,
    columns: 80,
    cursorTo: (x: number) => cursorTo(stream, x),
    moveCursor: (dx: number, dy: number) => moveCursor(stream, dx, dy),
    clearLine: (to: -1 | 0 | 1) => clearLine(stream, to),
  });
  return { stream: terminal as never, written };
}

it("Progress is shown on a terminal after the quiet time, and removed when all is read and at its end", async () => {
  const { stream, written } = openScreen(true);
  const ci = process.env["CI"];
  delete process.env["CI"];
  try {
    const progress = openProgress(stream, 0);
    await expect
      .poll(() => {
        progress.show(3, 12);
        return written.join("");
      })
      .toContain("3 of 12 calls read");
    progress.show(12, 12);
    const stopped = written.length;
    // A second round of reading shows it again.
    progress.show(5, 9);
    expect(written.slice(stopped).join("")).toContain("5 of 9 calls read");
    progress.end();
    const length = written.length;
    progress.show(4, 12);
    expect(written.at(-1)).toContain("\u001b[");
    expect(written).toHaveLength(length);
  } finally {
    if (ci !== undefined) process.env["CI"] = ci;
  }
});

it("A file or a pipe gets no progress, and neither does a terminal before the quiet time has passed", async () => {
  const pipe = openScreen(false);
  const terminal = openScreen(true);
  const both = [openProgress(pipe.stream, 0), openProgress(terminal.stream, 60_000)];
  for (const progress of both) progress.show(1, 2);
  // The library would have been loaded by now.
  await import("yocto-spinner");
  await new Promise((resolve) => setImmediate(resolve));
  for (const progress of both) progress.end();
  expect([...pipe.written, ...terminal.written]).toEqual([]);
});
