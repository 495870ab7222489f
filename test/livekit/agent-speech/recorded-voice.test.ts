import { tts } from "@livekit/agents";
import { expect, it } from "vitest";
import { ScriptedTextToSpeech } from "../support/fake-models.js";
import { agentMessages, recordSessions, startSession } from "../support/observed-session.js";

recordSessions();

it("the record holds the voice that a TTS has as its property `voice`", async () => {
  const speaker = Object.assign(new ScriptedTextToSpeech(), { voice: "alba" });
  const call = await startSession({ tts: speaker });
  await call.session.say("This is Alba.").waitForPlayout();
  expect(agentMessages(await call.finish())).toMatchObject([
    { content: "This is Alba.", voice: "alba" },
  ]);
});

it("the record holds the voice given to `observe()` until `updateOptions({ voice })` tells another", async () => {
  // Most plugins keep their voice private, so only the call of `updateOptions()` tells it.
  const options = { voice: "carla" };
  const speaker = Object.assign(new ScriptedTextToSpeech(), {
    updateOptions: (changed: { voice: string }) => void Object.assign(options, changed),
  });
  const call = await startSession({ tts: speaker, observeWith: { voice: "carla" } });
  await call.session.say("This is Carla.").waitForPlayout();
  speaker.updateOptions({ voice: "bruno" });
  await call.session.say("And this is Bruno.").waitForPlayout();
  expect(agentMessages(await call.finish())).toMatchObject([
    { content: "This is Carla.", voice: "carla" },
    { content: "And this is Bruno.", voice: "bruno" },
  ]);
});

it("the record holds the voice of the model that a `FallbackAdapter` went over to", async () => {
  const broken = Object.assign(new ScriptedTextToSpeech({ failAfterS: 0 }), { voice: "alba" });
  const sound = Object.assign(new ScriptedTextToSpeech(), { voice: "dora" });
  const adapter = new tts.FallbackAdapter({ ttsInstances: [broken, sound], maxRetryPerTTS: 0 });
  const call = await startSession({ tts: adapter });
  await call.session.say("This is Dora.").waitForPlayout();
  expect(agentMessages(await call.finish())).toMatchObject([
    { content: "This is Dora.", voice: "dora" },
  ]);
});
