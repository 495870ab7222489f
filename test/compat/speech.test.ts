import { voice } from "@livekit/agents";
import { expect } from "vitest";
import { ScriptedSpeechToText, ScriptedTextToSpeech } from "../livekit/support/fake-models.js";
import { holdCall } from "./support/hold-call.js";
import { useRecorder } from "./support/recorder.js";
import { row } from "./support/row.js";

const { FakeLLM } = voice.testing;
const HELLO = [{ input: "hello", content: "Hi, how are you?" }];

/** What an answer to speech is timed by. */
const ANSWER_MARKS = [
  "speech_end",
  "transcript_final",
  "turn_committed",
  "llm_start",
  "llm_first_token",
  "tts_start",
  "tts_first_byte",
  "playback_start",
  "playback_end",
];

const recorder = useRecorder();

row("speech/any-plugin", "an STT and a TTS that nobody here knows name themselves", async () => {
  const stt = new ScriptedSpeechToText();
  const call = await holdCall(recorder, {
    session: { stt, tts: new ScriptedTextToSpeech(), llm: new FakeLLM(HELLO) },
  });
  await stt.untilListening();
  const answered = call.answer();
  stt.say("hello");
  await answered;
  const { said, unspoken, events, marks } = await call.finish();

  expect(said).toEqual([
    ["user", "hello", "earwig_stt"],
    ["agent", "Hi, how are you?", "mouth_piece_tts", "full"],
  ]);
  expect({ unspoken, events }).toEqual({ unspoken: [], events: [] });
  expect(marks).toEqual([ANSWER_MARKS]);
  expect(call.problems).toEqual([]);
});
