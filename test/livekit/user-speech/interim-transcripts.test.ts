import type { LanguageCode } from "@livekit/agents";
import { voice } from "@livekit/agents";
import { expect, it } from "vitest";
import {
  type InterimTranscript,
  createInterimTranscripts,
} from "../../../src/livekit/user-speech/interim-transcripts.js";

type Times = [word: string, startTime: number, endTime: number][];

function say(text: string, times: Times = []) {
  return {
    text,
    language: "en" as LanguageCode,
    confidence: 0.9,
    startTime: times[0]?.[1] ?? 0,
    endTime: times.at(-1)?.[2] ?? 0,
    words: times.map(([word, startTime, endTime]) =>
      voice.createTimedString({ text: word, startTime, endTime }),
    ),
  };
}

const words = (text: string, times?: Times): InterimTranscript => ({
  data: say(text, times),
  service: { source: "earwig_stt" },
  atMs: 900,
});

/** Words that were taken before they were final, at 1000. */
function take(text: string, times?: Times) {
  const open = createInterimTranscripts();
  open.onLivekitInterim(words(text, times));
  open.take(text, 1000);
  return open;
}

const moreIn = (taken: string, final: string) => take(taken).withoutWritten(say(final), 1500)?.text;

it("interim words that end a turn are taken once, with the times that the STT gave them", () => {
  const open = createInterimTranscripts();
  open.onSttInterim(
    words("a table", [
      ["a", 1, 1.2],
      ["table", 1.2, 1.6],
    ]),
  );
  open.onLivekitInterim(words("a table"));
  expect(open.take("I want a chair", 1000)).toBeUndefined();
  expect(open.take("I want a table", 1000)?.data.endTime).toBe(1.6);
  expect(open.take("I want a table", 1000)).toBeUndefined();
});

it("interim words have LiveKit's text where the agent's own code has changed what was heard", () => {
  const open = createInterimTranscripts();
  open.onSttInterim(words("a table"));
  open.onLivekitInterim(words("A TABLE"));
  expect(open.take("A TABLE", 1000)?.data.text).toBe("A TABLE");
});

it("interim words that became final, or were thrown away, are in no turn", () => {
  const open = createInterimTranscripts();
  open.onLivekitInterim(words("a table"));
  open.onFinal();
  expect(open.take("a table", 1000)).toBeUndefined();
  open.onLivekitInterim(words("a table"));
  open.forget();
  expect(open.take("a table", 1000)).toBeUndefined();
});

it.each([
  ["hello there", "Hello there.", undefined],
  ["hello", "Hello there.", "there."],
  // The last word was not all there.
  ["I want a tab", "I want a table, please.", "please."],
  ["I won't a table", "I want a table for two", "for two"],
  ["我想要", "我想要一张桌子", "一张桌子"],
  // Another speech.
  ["hello there", "what is your name", "what is your name"],
])("after the interim words %j, a late final transcript %j adds %j", (taken, final, more) => {
  expect(moreIn(taken, final)).toBe(more);
});

it("a late final transcript that comes in parts adds only its new words", () => {
  const open = take("I want a table");
  expect(open.withoutWritten(say("I want"), 1500)).toBeUndefined();
  expect(open.withoutWritten(say("a table for two"), 1600)?.text).toBe("for two");
  expect(open.withoutWritten(say("a table"), 1700)?.text).toBe("a table");
});

it("a late final transcript keeps the times of its new words", () => {
  const late = take("I want").withoutWritten(
    say("I want two", [
      ["I", 1, 1.2],
      ["want", 1.2, 1.5],
      ["two", 1.6, 2],
    ]),
    1500,
  );
  expect(late).toMatchObject({ text: "two", startTime: 1.6, endTime: 2 });
  expect(late?.words?.map(({ text }) => text)).toEqual(["two"]);
});

it("the same word counts as another one when it is said later, or after a new start of speech", () => {
  expect(take("yes").withoutWritten(say("yes"), 6500)?.text).toBe("yes");
  const dated = take("yes", [["yes", 1, 1.3]]);
  expect(dated.withoutWritten(say("yes", [["yes", 2, 2.3]]), 1500)?.text).toBe("yes");
  const anew = take("yes");
  anew.onSpeechStart();
  expect(anew.withoutWritten(say("yes"), 1500)?.text).toBe("yes");
});

it("only new words are taken where LiveKit takes interim words of a speech twice", () => {
  const open = take("I want");
  open.onLivekitInterim(words("I want a table"));
  expect(open.take("I want a table", 1500)?.data.text).toBe("a table");
  expect(open.withoutWritten(say("I want a table"), 1600)).toBeUndefined();
});
