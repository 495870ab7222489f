import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { initializeLogger, voice } from "@livekit/agents";
import { expect, it } from "vitest";
import { followAudioInput } from "../../../src/livekit/instrumentation/audio-input.js";
import { createGuard } from "../../../src/livekit/instrumentation/guard.js";
import { wrapMethod } from "../../../src/livekit/instrumentation/wrap-method.js";
import { SilentMicrophone } from "../support/fake-models.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

initializeLogger({ pretty: false, level: "silent" });
const guard = createGuard(() => undefined);

class Door {
  open(): string {
    return "open";
  }
}

it("an inherited method that is unwrapped is the class's own again", () => {
  const door = new Door();
  const calls: string[] = [];
  const unwrap = wrapMethod(door, "open", guard, "x", () => void calls.push("opened"));
  expect(door.open()).toBe("open");
  unwrap();
  expect(door.open()).toBe("open");
  expect(calls).toEqual(["opened"]);
  expect(Object.hasOwn(door, "open")).toBe(false);
});

it("a method that others wrapped since is left to them, and ours only passes calls on", () => {
  const door = new Door();
  const own = door.open;
  door.open = () => `${own.call(door)} wide`;
  const calls: string[] = [];
  const unwrap = wrapMethod(door, "open", guard, "x", () => void calls.push("opened"));
  const ours = door.open.bind(door);
  const theirs = () => `${ours()} now`;
  door.open = theirs;
  unwrap();
  expect(door.open).toBe(theirs);
  expect(door.open()).toBe("open wide now");
  expect(calls).toEqual([]);
});

/** One session that hears by a microphone; gives its listener as far as somebody still holds it. */
function hearOnce(microphone: voice.AudioInput): WeakRef<() => void> {
  const session = new voice.AgentSession({});
  session.input.audio = microphone;
  const onFrame = (): void => void session;
  const stop = followAudioInput(session, guard, onFrame);
  expect(Object.hasOwn(microphone.stream, "getReader")).toBe(true);
  microphone.stream.getReader().releaseLock();
  session.input.audio = null;
  stop();
  return new WeakRef(onFrame);
}

it("a microphone that outlives its sessions has nothing of them on it", async () => {
  const microphone = new SilentMicrophone();
  const before = Reflect.ownKeys(microphone.stream);
  const listeners: WeakRef<() => void>[] = [];
  for (let count = 0; count < 20; count += 1) {
    listeners.push(hearOnce(microphone));
    expect(Reflect.ownKeys(microphone.stream)).toEqual(before);
  }
  // A WeakRef holds its target until the job that made it has ended.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  // The latest may still be on V8's own stack.
  expect(listeners.filter((listener) => listener.deref() !== undefined).length).toBeLessThan(2);
});
