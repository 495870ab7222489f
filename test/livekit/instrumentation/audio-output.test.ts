import { voice } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import { expect, it } from "vitest";
import { EstimatingLoudspeaker } from "../support/estimating-loudspeaker.js";
import {
  agentMessages,
  isAnswer,
  recordSessions,
  startSession,
} from "../support/observed-session.js";

recordSessions();

const { FakeLLM } = voice.testing;

/**
 * Holds sound back until it is opened, as an output in a room does until somebody listens. What is
 * cleared before is refused: its playback is never told of.
 */
class ShutLoudspeaker extends EstimatingLoudspeaker {
  readonly asked: Promise<void>;
  #onAsked: () => void = () => undefined;
  #isOpen = false;
  #held: (() => void)[] = [];

  constructor() {
    super({ rate: 8 });
    this.asked = new Promise((resolve) => (this.#onAsked = resolve));
  }

  open(): void {
    this.#isOpen = true;
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    this.#onAsked();
    if (!this.#isOpen) return new Promise((resolve) => this.#held.push(resolve));
    return super.captureFrame(frame);
  }

  override clearBuffer(): void {
    for (const release of this.#held.splice(0)) release();
    super.clearBuffer();
  }
}

it("a start of playback is that of sound which the output has accepted", async () => {
  const loudspeaker = new ShutLoudspeaker();
  const call = await startSession({
    llm: new FakeLLM([{ input: "hello", content: "Second answer." }]),
  });
  call.session.output.audio = loudspeaker;
  const refused = call.session.say("Welcome to the clinic.");
  await loudspeaker.asked;
  refused.interrupt();
  await refused.waitForPlayout();
  loudspeaker.open();
  const answered = call.next("conversation_item_added", isAnswer);
  call.userSays("hello");
  await answered;
  const [welcome, answer] = agentMessages(await call.finish());
  loudspeaker.close();
  expect(welcome).toMatchObject({ generated: "Welcome to the clinic.", delivery: "none" });
  expect(welcome).not.toHaveProperty("started_at");
  expect(answer).toMatchObject({
    content: "Second answer.",
    delivery: "full",
    started_at: expect.any(String),
    latency: { origin: "speech_end", e2e_s: expect.any(Number) },
  });
});
