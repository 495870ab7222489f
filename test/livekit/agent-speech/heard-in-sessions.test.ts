import { describe, expect, it } from "vitest";
import { readTimestamp, withoutMarkup } from "../../../src/record/index.js";
import {
  type SessionOptions,
  agentMessages,
  recordSessions,
  startSession,
} from "../support/observed-session.js";

recordSessions();

const CHINESE = "您的订单已经在路上了，预计明天下午三点之前送到。";

/** Says one thing, and cuts it off after so many seconds where `cutS` says so. */
async function say(
  text: string,
  { cutS, estimate, ...options }: SessionOptions & { cutS?: number; estimate?: string },
) {
  const call = await startSession(options);
  if (estimate !== undefined) call.loudspeaker.estimate = estimate;
  const speech = call.session.say(text);
  if (cutS === undefined) {
    await speech.waitForPlayout();
  } else {
    await call.loudspeaker.waitUntilHeard(0, cutS);
    await call.session.interrupt({ force: true }).await;
  }
  const record = await call.finish();
  expect(call.problems).toEqual([]);
  expect(record.events.filter(({ type }) => type === "implausible_figure")).toEqual([]);
  const [message] = agentMessages(record);
  if (message === undefined) throw new Error("nothing was said");
  return message;
}

describe("in a session, what was heard of a reply", () => {
  it("in Chinese, without word times, is about the share that was played", async () => {
    const voiceOptions = { withWordTimes: false, secondsPerCharacter: 0.12 };
    const message = await say(CHINESE, { cutS: 1.5, voiceOptions });
    expect(message).toMatchObject({ delivery: "partial", generated: CHINESE });
    expect(CHINESE.startsWith(message.content)).toBe(true);
    const share = (message.played_s ?? 0) / (message.audio?.duration_s ?? 0);
    expect(Math.abs(message.content.length / CHINESE.length - share)).toBeLessThan(0.2);
  });

  it.each([
    ["nothing", ""],
    ["everything", CHINESE],
  ])("is not what an estimate says that takes %s for heard", async (_what, estimate) => {
    const voiceOptions = { withWordTimes: false, secondsPerCharacter: 0.12 };
    const message = await say(CHINESE, { cutS: 1.5, estimate, voiceOptions });
    expect(message).toMatchObject({ delivery: "partial", heard_by: "duration_ratio" });
    expect(message.content).not.toBe("");
    expect(message.content).not.toBe(CHINESE);
  });

  it("is not all of it where the voice failed in the middle", async () => {
    const message = await say(CHINESE, {
      voiceOptions: { withWordTimes: false, secondsPerCharacter: 0.2, failAfterS: 2 },
      session: { connOptions: { ttsConnOptions: { maxRetry: 0 } } },
    });
    expect(message).toMatchObject({ delivery: "partial", generated: CHINESE });
    expect(message.content.length).toBeLessThan(CHINESE.length * 0.8);
  });

  it.each([
    ["after the first words", 0.6],
    ["within the first word", 0.1],
  ])(
    "goes by times from the start of the sound where the voice broke off %s and began anew",
    async (_where, breaksOnceAfterS) => {
      const text = "One two three four. Five six seven eight.";
      const message = await say(text, {
        cutS: 1.5,
        voiceOptions: { breaksOnceAfterS, givesTimesLate: true },
        session: { connOptions: { ttsConnOptions: { maxRetry: 2, retryIntervalMs: 1 } } },
      });
      const { words = [], audio, played_s = NaN } = message;
      const [startedMs, endedMs] = [message.started_at, message.ended_at].map(readTimestamp);
      // The loudspeaker's clock is faster than the session's.
      const rate = (played_s * 1000) / ((endedMs ?? NaN) - (startedMs ?? NaN));
      const again = words.filter((word) => word.text === "One");
      expect(again).toHaveLength(2);
      const firstS = words[0]?.at_s ?? NaN;
      expect(((again[1]?.at_s ?? NaN) - firstS) * rate).toBeCloseTo(breaksOnceAfterS, 1);
      for (const [index, { at_s }] of words.entries())
        expect(at_s).toBeGreaterThanOrEqual(words[index - 1]?.at_s ?? 0);
      const lastHeard = words.findLast((word) => word.heard !== false);
      const unheardS = (words.at(-1)?.until_s ?? NaN) - (lastHeard?.until_s ?? NaN);
      expect(unheardS).toBeLessThanOrEqual((audio?.duration_s ?? NaN) - played_s + 0.05);
      // What is said again counts once: as far as the second try came, or the first one.
      const saidS = played_s - breaksOnceAfterS;
      const said = text.slice(0, Math.floor(saidS / 0.05)).split(" ").length;
      expect(message).toMatchObject({ delivery: "partial", heard_by: "word_times" });
      expect(Math.abs(message.content.split(" ").length - said)).toBeLessThanOrEqual(1);
    },
  );

  it("holds no word of a broken voice that had timed them all, but not spoken them", async () => {
    const text = "One two three four. Five six seven eight.";
    const message = await say(text, {
      cutS: 1.6,
      voiceOptions: { breaksOnceAfterS: 0.6 },
      session: { connOptions: { ttsConnOptions: { maxRetry: 2, retryIntervalMs: 1 } } },
    });
    const saidS = (message.played_s ?? NaN) - 0.6;
    const said = text.slice(0, Math.floor(saidS / 0.05)).split(" ").length;
    expect(message).toMatchObject({ delivery: "partial", heard_by: "word_times" });
    expect(Math.abs(message.content.split(" ").length - said)).toBeLessThanOrEqual(1);
  });

  it("has no markup, and never half a tag", async () => {
    const text =
      'Hello there <break time="500ms"/> how can I help <prosody rate="slow">you</prosody>?';
    const spoken = "Hello there how can I help you?";
    const whole = await say(text, {});
    expect(whole).toMatchObject({ content: spoken, tts_text: text, delivery: "full" });
    expect(whole).not.toHaveProperty("shown");
    const cut = await say(text, { cutS: 1, voiceOptions: { withWordTimes: false } });
    expect(cut).toMatchObject({ delivery: "partial", generated: spoken, tts_text: text });
    expect(spoken.startsWith(cut.content)).toBe(true);
    expect(cut.content).toBe(withoutMarkup(cut.content));
  });

  it("begins where speech does, though LiveKit's expressive marker comes first", async () => {
    const text = '<expr type="expression" label="warm and grounded"/> Good morning.';
    expect(await say(text, {})).toMatchObject({ content: "Good morning.", tts_text: text });
  });

  it("says the same in its delivery, its played time and its duration, wherever it was cut", async () => {
    for (const cutS of [0.1, 0.5, 1, 1.4]) {
      const message = await say("One two three four five six", { cutS });
      const { delivery, played_s = NaN, audio, content } = message;
      expect(played_s).toBeLessThanOrEqual((audio?.duration_s ?? NaN) + 0.001);
      expect(delivery === "none").toBe(content === "");
      expect(delivery === "full").toBe(message.generated === undefined);
    }
  });
});
