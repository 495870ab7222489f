import { ReadableStream } from "node:stream/web";
import { describe, expect, it } from "vitest";
import { createGuard } from "../../../src/livekit/instrumentation/guard.js";
import { tapStream } from "../../../src/livekit/instrumentation/tap-stream.js";

/** A tapped stream, with what its tap is told in the order in which it is told. */
function tap(source: ReadableStream<string>) {
  const told: string[] = [];
  const stream = tapStream(source, createGuard(), {
    onChunk: (chunk) => void told.push(chunk),
    onEnd: () => void told.push("end"),
  });
  return { told, stream };
}

it("a tapped stream that nobody reads leaves its source unlocked, and a cancel reaches it", async () => {
  const source = ReadableStream.from(["a"]);
  const { told, stream } = tap(source);
  expect(source.locked).toBe(false);
  await stream.cancel("nobody wants it");
  expect(told).toEqual(["end"]);
  expect(await source.getReader().read()).toEqual({ done: true, value: undefined });
});

describe("a tapped stream tells of its end once", () => {
  it("when the source has ended, and is cancelled after that", async () => {
    const { told, stream } = tap(ReadableStream.from(["a", "b"]));
    const given: string[] = [];
    for await (const chunk of stream) given.push(chunk);
    await stream.cancel();
    expect(given).toEqual(["a", "b"]);
    expect(told).toEqual(["a", "b", "end"]);
  });

  it("when the source fails, and is cancelled after that", async () => {
    let isFirst = true;
    const source = new ReadableStream<string>(
      {
        pull(controller) {
          if (isFirst) controller.enqueue("a");
          else controller.error(new Error("the source broke"));
          isFirst = false;
        },
      },
      { highWaterMark: 0 },
    );
    const { told, stream } = tap(source);
    const reader = stream.getReader();
    await reader.read();
    await expect(reader.read()).rejects.toThrow("the source broke");
    await expect(reader.cancel()).rejects.toThrow("the source broke");
    expect(told).toEqual(["a", "end"]);
  });

  it("when nobody wants the rest while a read is under way", async () => {
    let cancelledFor: unknown;
    const source = new ReadableStream<string>({
      cancel: (reason) => void (cancelledFor = reason),
    });
    const { told, stream } = tap(source);
    const reader = stream.getReader();
    const reading = reader.read();
    await reader.cancel("enough");
    expect(await reading).toEqual({ done: true, value: undefined });
    expect(told).toEqual(["end"]);
    expect(cancelledFor).toBe("enough");
  });

  it("when it is cancelled twice", async () => {
    const { told, stream } = tap(ReadableStream.from(["a"]));
    await stream.cancel();
    await stream.cancel();
    expect(told).toEqual(["end"]);
  });
});
