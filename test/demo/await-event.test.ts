import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { awaitEvent } from "../../src/demo/await-event.js";

function setUp(patienceMs = 60_000) {
  const emitter = new EventEmitter();
  const controller = new AbortController();
  const state = { isSo: false };
  const waiting = awaitEvent({
    what: "the bus",
    isSo: () => state.isSo,
    subscribe: (onChange) => {
      emitter.on("change", onChange);
      return () => emitter.off("change", onChange);
    },
    patienceMs,
    signal: controller.signal,
  });
  return { emitter, controller, state, waiting };
}

describe("awaitEvent()", () => {
  it("resolves at the change that makes it so, and unsubscribes", async () => {
    const { emitter, state, waiting } = setUp();
    emitter.emit("change");
    state.isSo = true;
    emitter.emit("change");
    await waiting;
    expect(emitter.listenerCount("change")).toBe(0);
  });

  it("gives up after its patience and says on what", async () => {
    const { emitter, waiting } = setUp(5);
    await expect(waiting).rejects.toThrow("Gave up waiting for the bus after 5 ms");
    expect(emitter.listenerCount("change")).toBe(0);
  });

  it("rejects with the signal's reason", async () => {
    const { emitter, controller, waiting } = setUp();
    controller.abort(new Error("called off"));
    await expect(waiting).rejects.toThrow("called off");
    expect(emitter.listenerCount("change")).toBe(0);
  });
});
