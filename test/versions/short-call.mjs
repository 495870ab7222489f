// Holds a short call with the LiveKit that is installed beside this file, observed by the talktrace
// that is installed there, and prints its record as JSON. Plain JavaScript, as a user's agent may be.
//
//     short-call.mjs <folder> [module]     with OpenTelemetry set up by TalkTrace, or by own-setup.mjs
//                                          of the SDK in that module
import { ReadableStream } from "node:stream/web";
import { initializeLogger, llm, stt, tts, version, voice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import { observe, startTelemetry } from "talktrace";
import { setUp } from "./own-setup.mjs";
import { readConversation } from "talktrace/store";

const SAMPLE_RATE = 24_000;
const SECONDS_PER_CHARACTER = 0.05;
/** How many times faster than real time the loudspeaker plays. */
const RATE = 4;

initializeLogger({ pretty: false, level: "silent" });

class Ears extends stt.STT {
  label = "earwig.STT";
  provider = "Earwig";
  model = "lobe-1";

  constructor() {
    super({ streaming: true, interimResults: false });
    this.opened = new Promise((resolve) => (this.onOpen = resolve));
  }

  stream() {
    this.last = new EarStream(this);
    this.onOpen();
    return this.last;
  }

  hear(text) {
    const { START_OF_SPEECH, FINAL_TRANSCRIPT, END_OF_SPEECH } = stt.SpeechEventType;
    const data = { text, language: "en", confidence: 0.9, startTime: 0, endTime: 1 };
    this.last.tell({ type: START_OF_SPEECH });
    this.last.tell({ type: FINAL_TRANSCRIPT, alternatives: [data] });
    this.last.tell({ type: END_OF_SPEECH });
  }
}

class EarStream extends stt.SpeechStream {
  label = "earwig.SpeechStream";

  tell(event) {
    this.queue.put(event);
  }

  run() {
    return new Promise((resolve) => this.abortController.signal.addEventListener("abort", resolve));
  }
}

class Mouth extends tts.TTS {
  label = "mouthpiece.TTS";
  provider = "Mouth Piece";
  model = "lips-2";

  constructor() {
    super(SAMPLE_RATE, 1, { streaming: true });
  }

  stream() {
    return new MouthStream(this);
  }

  synthesize() {
    throw new Error("this TTS streams");
  }
}

class MouthStream extends tts.SynthesizeStream {
  label = "mouthpiece.SynthesizeStream";

  async run() {
    let text = "";
    for await (const piece of this.input) if (typeof piece === "string") text += piece;
    const seconds = text.trim().length * SECONDS_PER_CHARACTER;
    for (let atS = 0; atS < seconds; atS += 0.05) {
      const samples = Math.round(Math.min(0.05, seconds - atS) * SAMPLE_RATE);
      const frame = new AudioFrame(new Int16Array(samples), SAMPLE_RATE, 1, samples);
      this.queue.put({ requestId: "request", segmentId: "segment", frame, final: false });
    }
    this.queue.put(tts.SynthesizeStream.END_OF_STREAM);
  }
}

/** Plays on a clock, one segment after the other, and tells what was heard of each. */
class Loudspeaker extends voice.AudioOutput {
  pushedS = 0;

  constructor() {
    super(SAMPLE_RATE);
  }

  async captureFrame(frame) {
    await super.captureFrame(frame);
    if (this.pushedS === 0) {
      this.startedAt = Date.now();
      this.onPlaybackStarted(this.startedAt);
    }
    this.pushedS += frame.samplesPerChannel / frame.sampleRate;
  }

  flush() {
    super.flush();
    if (this.pushedS === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => this.#finish(this.pushedS, false),
      (this.pushedS * 1000) / RATE - (Date.now() - this.startedAt),
    );
  }

  clearBuffer() {
    if (this.pushedS === 0) return;
    const heardS = ((Date.now() - this.startedAt) / 1000) * RATE;
    this.#finish(Math.min(heardS, this.pushedS), true);
  }

  #finish(playbackPosition, interrupted) {
    clearTimeout(this.timer);
    this.pushedS = 0;
    this.onPlaybackFinished({ playbackPosition, interrupted });
  }
}

class Microphone extends voice.AudioInput {
  constructor() {
    super();
    this.multiStream.addInputStream(new ReadableStream());
  }
}

/** LiveKit answers only where there is an LLM, also where the agent's own node does without. */
class Mind extends llm.LLM {
  label() {
    return "mind.LLM";
  }

  chat() {
    throw new Error("the agent has an llmNode of its own");
  }
}

/** Answers with what it has for the user's words. */
class Clerk extends voice.Agent {
  entered = new Promise((resolve) => (this.onEnter = async () => resolve()));

  async llmNode(chatCtx) {
    const asked = chatCtx.items.findLast((item) => item.role === "user")?.textContent;
    return ReadableStream.from([this.answers[asked] ?? "Pardon?"]);
  }
}

function createClerk(id, answers) {
  return Object.assign(new Clerk({ id, instructions: "Answer." }), { answers });
}

const problems = [];
const [, , folder, module] = process.argv;
const own = module === undefined ? undefined : await setUp(module, folder);
const telemetry = startTelemetry({
  directory: folder,
  console: false,
  env: { OTEL_TRACES_EXPORTER: "none" },
  reportProblem: (line) => problems.push(line),
});
const ears = new Ears();
const session = new voice.AgentSession({
  stt: ears,
  tts: new Mouth(),
  llm: new Mind(),
  vad: null,
  // One for 1.7, one for what came after.
  turnDetection: "stt",
  turnHandling: {
    turnDetection: "stt",
    interruption: { mode: "vad", minDuration: 0, minWords: 0 },
    endpointing: { minDelay: 0, maxDelay: 0 },
  },
  aecWarmupDuration: 0,
  useTtsAlignedTranscript: false,
});
session.input.audio = new Microphone();
session.output.audio = new Loudspeaker();
const observation = observe(session, { reportProblem: (line) => problems.push(line) });

const answered = () =>
  new Promise((resolve) =>
    session.on("conversation_item_added", function listen({ item }) {
      if (item.role !== "assistant") return;
      session.off("conversation_item_added", listen);
      resolve();
    }),
  );

await session.start({
  agent: createClerk("front-desk", { hello: "Hi, how are you?" }),
  record: false,
});
await ears.opened;
await session.say("Welcome to the clinic.").waitForPlayout();
let next = answered();
ears.hear("hello");
await next;
const long =
  "We have green tea, black tea, white tea, and tea of herbs that grow on the hill behind us.";
const kitchen = createClerk("kitchen", { tea: long });
session.updateAgent(kitchen);
await kitchen.entered;
next = answered();
const begun = new Promise((resolve) => session.output.audio.once("playbackStarted", resolve));
ears.hear("tea");
await begun;
// Three words or so, of a reply that lasts a second here.
await new Promise((resolve) => setTimeout(resolve, 200));
session.interrupt();
await next;
await session.close();
await telemetry.shutdown();
await own?.shutdown();

const path = observation.path ?? own?.pathOf(observation.sessionId);
if (path === undefined) throw new Error(`nothing is recorded: ${problems.join("; ")}`);
const { conversation: record } = await readConversation(path);
process.stdout.write(JSON.stringify({ version, problems, record, spans: own?.names() ?? [] }));
process.exit(0);
