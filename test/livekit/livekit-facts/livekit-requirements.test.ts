import { voice } from "@livekit/agents";
import { describe, expect, it } from "vitest";
import {
  LIVEKIT_NEEDS,
  type LivekitParts,
  describeLost,
  findLivekitParts,
} from "../../../src/livekit/livekit-facts/livekit-requirements.js";
import { observe } from "../../../src/livekit/index.js";
import { startRecorder, startSession } from "../support/observed-session.js";

/** The parts, without one member of one. */
function without(parts: LivekitParts, part: string, key: string): LivekitParts {
  const whole = parts[part] ?? {};
  // Not a proxy of the part itself: what is fixed there may not be denied.
  const hidden = new Proxy(
    {},
    {
      has: (_, name) => name !== key && Reflect.has(whole, name),
      get: (_, name) => (name === key ? undefined : Reflect.get(whole, name)),
      getPrototypeOf: () => whole,
    },
  );
  return { ...parts, [part]: hidden };
}

describe("what of LiveKit is built on", () => {
  it("is all there in the version that is installed, in a session that runs", async () => {
    const recorder = startRecorder();
    const call = await startSession();
    const parts = findLivekitParts(call.session);
    expect(describeLost(parts)).toEqual([]);
    expect(Object.keys(parts).filter((part) => parts[part] === undefined)).toEqual([]);

    // Each is missed by its name, and the line says what is lost with it.
    for (const { part, key, lost } of LIVEKIT_NEEDS) {
      expect(describeLost(without(parts, part, key), "9.9.9")).toEqual([
        `Not observed: ${lost}; @livekit/agents 9.9.9 has no ${part}.${key} of the kind that is ` +
          "known; use a version that talktrace's peerDependencies allow",
      ]);
    }
    await call.finish();
    await recorder.stop();
  });

  it("is missed where it is there, but of another kind", () => {
    expect(describeLost({ AudioOutput: { captureFrame: 1 } })).toHaveLength(1);
    expect(describeLost({ AgentOutput: { audio: null } })[0]).toContain("AgentOutput.audio");
  });

  it("is one line for what is lost by several", () => {
    const [line, ...more] = describeLost({ SpeechStream: {}, STT: {} });
    expect(line).toContain("no STT.recognize, STT.on, SpeechStream.next");
    expect(more).toEqual([]);
  });
});

it("observe() says what it misses when it begins, and does not throw", () => {
  const recorder = startRecorder();
  const session = new voice.AgentSession({ vad: null });
  Reflect.deleteProperty(session, "_roomIO");
  const lines: string[] = [];
  observe(session, { reportProblem: (line) => lines.push(line) });
  expect(lines).toEqual([
    expect.stringMatching(/^Not observed: to whom in the room .* has no AgentSession\._roomIO/),
  ]);
  return recorder.stop();
});
