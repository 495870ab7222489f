import type { EventEmitter } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { initializeLogger, voice } from "@livekit/agents";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { followAudioInput } from "../../../src/livekit/instrumentation/audio-input.js";
import { followOutputChanges } from "../../../src/livekit/instrumentation/audio-output-changes.js";
import { audioOutputHooks } from "../../../src/livekit/instrumentation/audio-output.js";
import { agentCodeHooks } from "../../../src/livekit/instrumentation/agent-nodes.js";
import { createGuard } from "../../../src/livekit/instrumentation/guard.js";
import type { HookPoint } from "../../../src/livekit/instrumentation/hook-point.js";
import { languageModelHooks } from "../../../src/livekit/instrumentation/llm.js";
import { speechToTextHooks } from "../../../src/livekit/instrumentation/stt.js";
import { textToSpeechHooks } from "../../../src/livekit/instrumentation/tts.js";
import { EstimatingLoudspeaker } from "../support/estimating-loudspeaker.js";
import {
  ScriptedSpeechToText,
  ScriptedTextToSpeech,
  SilentMicrophone,
} from "../support/fake-models.js";
import { agentMessages, recordSessions, startSession } from "../support/observed-session.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

initializeLogger({ pretty: false, level: "silent" });
recordSessions();
const guard = createGuard((line) => {
  throw new Error(line);
});

/** Objects that outlive sessions: made once, e.g. in `prewarm`. */
function makeSharedObjects() {
  return {
    microphone: new SilentMicrophone(),
    loudspeaker: new EstimatingLoudspeaker({ rate: 8 }),
    stt: new ScriptedSpeechToText(),
    tts: new ScriptedTextToSpeech(),
    llm: new voice.testing.FakeLLM(),
    agent: new voice.Agent({ instructions: "" }),
  };
}
type SharedObjects = ReturnType<typeof makeSharedObjects>;

/** What an object has of its own: each property with its value, and how many listen to it. */
function describeObject(object: object): unknown {
  const own = Object.getOwnPropertyDescriptors(object);
  const properties = Reflect.ownKeys(own).map((key) => {
    const { value, get, set } = Reflect.get(own, key) as PropertyDescriptor;
    return [key, typeof value === "function" ? value : undefined, get, set];
  });
  const emitter = object as Partial<EventEmitter>;
  const events = emitter.eventNames?.() ?? [];
  return { properties, events: events.map((name) => [name, emitter.listenerCount?.(name)]) };
}

function describeAll(shared: SharedObjects): unknown {
  const inputs = [shared.microphone.stream, shared.microphone];
  return [...Object.values(shared), ...inputs].map(describeObject);
}

/** Observes what sessions share as a recording does. Gives what ends it, in one step. */
function follow(shared: SharedObjects): { stop(): void; listener: WeakRef<object> } {
  const session = new voice.AgentSession({});
  const owner = {};
  const listener = { guard, session };
  const attach = <Instance extends object>(
    hooks: HookPoint<Instance, never>,
    instance: Instance,
  ): void => hooks.attach(instance, owner, listener as never);
  attach(speechToTextHooks, shared.stt);
  attach(textToSpeechHooks, shared.tts);
  attach(languageModelHooks, shared.llm);
  attach(agentCodeHooks, shared.agent);
  session.input.audio = shared.microphone;
  session.output.audio = shared.loudspeaker;
  const untouched = [describeObject(session.input), describeObject(session.output)];
  const stopInput = followAudioInput(session, guard, () => void listener);
  const stopOutput = followOutputChanges(session, guard, (output) => {
    if (output !== null) attach(audioOutputHooks, output);
  });
  shared.microphone.stream.getReader().releaseLock();
  return {
    stop() {
      for (const hooks of [
        speechToTextHooks,
        textToSpeechHooks,
        languageModelHooks,
        agentCodeHooks,
        audioOutputHooks,
      ])
        hooks.detach(owner);
      stopInput();
      stopOutput();
      expect([describeObject(session.input), describeObject(session.output)]).toEqual(untouched);
    },
    listener: new WeakRef(listener),
  };
}

/** Starts and ends of sessions in any order: each number starts its session, then ends it. */
const interleavings = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc.shuffledSubarray(
    Array.from({ length: 2 * count }, (_, index) => index % count),
    { minLength: 2 * count },
  ),
);

it("Sessions that share a microphone, a loudspeaker, models and an agent leave them as they were, in whichever order they start and end", async () => {
  const shared = makeSharedObjects();
  const before = describeAll(shared);
  const listeners: WeakRef<object>[] = [];
  let mostProperties = 0;
  fc.assert(
    fc.property(interleavings, (order) => {
      const running = new Map<number, () => void>();
      for (const each of order) {
        const stop = running.get(each);
        running.delete(each);
        if (stop !== undefined) {
          stop();
          continue;
        }
        const followed = follow(shared);
        listeners.push(followed.listener);
        running.set(each, followed.stop);
        mostProperties = Math.max(mostProperties, Reflect.ownKeys(shared.microphone.stream).length);
      }
      expect(describeAll(shared)).toEqual(before);
    }),
    { numRuns: 60 },
  );
  expect(mostProperties).toBe(Reflect.ownKeys(shared.microphone.stream).length + 1);
  shared.loudspeaker.close();
  // A WeakRef holds its target until the job that made it has ended.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(listeners.length).toBeGreaterThan(100);
  // The latest may still be on V8's own stack.
  expect(listeners.filter((listener) => listener.deref() !== undefined).length).toBeLessThan(2);
});

it("Methods that somebody wrapped while sessions ran stay wrapped by them alone, and calls reach the object", () => {
  fc.assert(
    fc.property(interleavings, fc.nat(), (order, at) => {
      const shared = makeSharedObjects();
      const running = new Map<number, () => void>();
      let theirs: unknown;
      order.forEach((each, index) => {
        if (index === at % order.length) {
          const flush = shared.loudspeaker.flush.bind(shared.loudspeaker);
          theirs = shared.loudspeaker.flush = () => flush();
        }
        const stop = running.get(each);
        if (stop === undefined) running.set(each, follow(shared).stop);
        else {
          running.delete(each);
          stop();
        }
      });
      expect(shared.loudspeaker.flush).toBe(theirs);
      shared.loudspeaker.flush();
      shared.loudspeaker.close();
    }),
    { numRuns: 30 },
  );
});

it("Real sessions that overlap on one STT and one TTS are each recorded, and leave both as they were", async () => {
  const stt = new ScriptedSpeechToText();
  const tts = new ScriptedTextToSpeech();
  const before = [stt, tts].map(describeObject);
  for (const order of [
    [0, 1, 2],
    [1, 2, 0],
    [2, 0, 1],
  ]) {
    const calls = [];
    for (const greeting of ["One.", "Two.", "Three."]) {
      const call = await startSession({ stt, tts });
      await call.session.say(greeting).waitForPlayout();
      calls.push(call);
    }
    const heard: string[] = [];
    for (const index of order) {
      const record = await calls[index]?.finish();
      heard[index] =
        record === undefined
          ? ""
          : agentMessages(record)
              .map((message) => message.content)
              .join();
    }
    expect(heard).toEqual(["One.", "Two.", "Three."]);
    expect([stt, tts].map(describeObject)).toEqual(before);
  }
});

it("A service whose voice, names and label cannot be read is recorded all the same", async () => {
  const stt = new ScriptedSpeechToText();
  const tts = new ScriptedTextToSpeech();
  const call = await startSession({ stt, tts, observe: "never" });
  for (const model of [stt, tts])
    for (const name of ["voice", "provider", "model", "label"])
      Object.defineProperty(model, name, {
        configurable: true,
        get() {
          if (/[\\/]src[\\/]livekit[\\/]/.test(new Error("where").stack?.split("\n")[2] ?? ""))
            throw new Error(`${name} cannot be read`);
          return "";
        },
      });
  call.observe();
  await call.session.say("Good evening.").waitForPlayout();
  const record = await call.finish();
  expect(agentMessages(record)).toMatchObject([{ content: "Good evening.", delivery: "full" }]);
  expect(call.problems).toEqual([]);
});
