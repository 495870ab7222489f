import { afterAll, beforeAll, expect, it } from "vitest";
import { llm, type stt, type tts, voice } from "@livekit/agents";
import {
  BrokenReads,
  type BrokenClock,
  breakClock,
  runWithClock,
} from "../support/broken-reads.js";
import { EstimatingLoudspeaker } from "../support/estimating-loudspeaker.js";
import {
  ScriptedSpeechToText,
  ScriptedTextToSpeech,
  SilentMicrophone,
} from "../support/fake-models.js";
import { recordSessions } from "../support/observed-session.js";
import { observe } from "../../../src/livekit/index.js";
import { countOf } from "../../support/counts.js";

recordSessions();

let mendClock: (() => void) | undefined;
beforeAll(() => {
  mendClock = breakClock();
});
afterAll(() => mendClock?.());

/** How many faults are tried of each kind, chosen by chance; `FAULTS=all` tries them all. */
const FAULT_COUNT =
  process.env["FAULTS"] === "all" ? Infinity : Number(process.env["FAULTS"] ?? countOf(4, 8));
/** So many calls are held at once: each waits for its own sound most of the time. */
const CALLS_AT_ONCE = 8;
const HANGS_AFTER_MS = 60_000;
/** Many whole calls, on a machine that may hold others at the time. */
const TIMEOUT_MS = 300_000;

class ScriptedLlm extends llm.LLM {
  readonly #reads: BrokenReads;
  constructor(reads: BrokenReads) {
    super();
    this.#reads = reads;
  }
  override label(): string {
    return "thinker.LLM";
  }
  override chat(options: Parameters<llm.LLM["chat"]>[0]): llm.LLMStream {
    return trapStream(new ScriptedThought(this, options as never), this.#reads, "llm");
  }
}

class ScriptedThought extends llm.LLMStream {
  protected override async run(): Promise<void> {
    this.queue.put({ id: "1", delta: { role: "assistant", content: "Yes, for two." } });
    this.queue.put({
      id: "1",
      usage: { completionTokens: 1, promptTokens: 1, promptCachedTokens: 0, totalTokens: 2 },
    });
  }
}

/** Lays traps on a stream and on all that comes out of it. */
function trapStream<T extends { next(): Promise<IteratorResult<unknown>>; close(): void }>(
  stream: T,
  reads: BrokenReads,
  name: string,
): T {
  const next = stream.next.bind(stream);
  stream.next = async () => {
    const result = await next();
    reads.lay(result.value, `${name}.chunk`, 2);
    return reads.lay(result, `${name}.result`);
  };
  return reads.lay(stream, `${name}.stream`);
}

interface CallResult {
  segments: boolean[];
  chat: string[];
}

/** One call: a greeting, a turn of the user with its answer, and the end. */
async function holdCall(reads: BrokenReads): Promise<CallResult> {
  const ears = new ScriptedSpeechToText();
  const openEars = ears.stream.bind(ears);
  ears.stream = () => trapStream<stt.SpeechStream>(openEars(), reads, "stt");
  const mouth = new ScriptedTextToSpeech({ secondsPerCharacter: 0.01 });
  const openMouth = mouth.stream.bind(mouth);
  mouth.stream = (options) => trapStream<tts.SynthesizeStream>(openMouth(options), reads, "tts");
  const session = new voice.AgentSession({
    stt: reads.lay(ears, "stt"),
    tts: reads.lay(mouth, "tts"),
    llm: reads.lay(new ScriptedLlm(reads), "llm"),
    vad: null,
    turnHandling: {
      turnDetection: "stt",
      interruption: { mode: "vad" },
      endpointing: { minDelay: 0, maxDelay: 0 },
    },
    aecWarmupDuration: 0,
    useTtsAlignedTranscript: false,
  });
  const loudspeaker = new EstimatingLoudspeaker({ rate: 8 });
  session.input.audio = reads.lay(new SilentMicrophone(), "microphone");
  session.output.audio = reads.lay(loudspeaker, "loudspeaker");
  const emit = session.emit.bind(session);
  session.emit = (name, ...args) =>
    emit(name, ...(args.map((each: unknown) => reads.lay(each, name, 1)) as typeof args));
  reads.lay(session.input, "input");
  reads.lay(session.output, "output");
  reads.lay(session, "session");

  const agent = reads.lay(new voice.Agent({ instructions: "" }), "agent");
  observe(session, { reportProblem: () => undefined });
  await session.start({ agent, record: false });
  await ears.untilListening();
  await session.say("Good evening.").waitForPlayout();
  const answered = new Promise<void>((resolve) => {
    session.on(voice.AgentSessionEventTypes.ConversationItemAdded, ({ item }) => {
      if (item.type === "message" && item.textContent === "Yes, for two.") resolve();
    });
  });
  ears.say("a table please");
  await answered;
  const chat = session.history.items.flatMap((item) =>
    item.type === "message" ? [`${item.role}: ${item.textContent ?? ""}`] : [],
  );
  await session.close();
  loudspeaker.close();
  return { segments: loudspeaker.segments.map(({ interrupted }) => interrupted), chat };
}

const UNHARMED: CallResult = {
  segments: [false, false],
  chat: ["assistant: Good evening.", "user: a table please", "assistant: Yes, for two."],
};

/** Holds a call for each fault, and gives those that the fault has changed. */
async function findHarmed(
  faults: readonly string[],
  hold: (fault: string) => Promise<CallResult>,
): Promise<unknown[]> {
  const harmed: unknown[] = [];
  const waiting = faults
    .map((fault) => ({ fault, order: Math.random() }))
    .toSorted((one, other) => one.order - other.order)
    .map(({ fault }) => fault)
    .slice(0, FAULT_COUNT);
  async function work(): Promise<void> {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      let timer: NodeJS.Timeout | undefined;
      const result = await Promise.race([
        hold(fault).catch((error: unknown) => String(error)),
        new Promise((resolve) => {
          timer = setTimeout(() => resolve("it hangs"), HANGS_AFTER_MS);
        }),
      ]);
      clearTimeout(timer);
      if (JSON.stringify(result) !== JSON.stringify(UNHARMED)) harmed.push({ fault, result });
    }
  }
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
  return harmed;
}

it(
  "A getter that throws in our code, whichever it is, changes nothing of the agent's call",
  { timeout: TIMEOUT_MS },
  async () => {
    const reads = new BrokenReads();
    expect(await holdCall(reads)).toEqual(UNHARMED);
    const faults = [...reads.seen];
    expect(faults).toEqual(
      expect.arrayContaining(["tts.label", "session.say", "stt.chunk.type", "llm.result.value"]),
    );
    expect(await findHarmed(faults, (fault) => holdCall(new BrokenReads(fault)))).toEqual([]);
  },
);

it(
  "A hook that throws, wherever it reads the clock, changes nothing of the agent's call",
  { timeout: TIMEOUT_MS },
  async () => {
    const clock: BrokenClock = { seen: new Set(), broken: undefined };
    expect(await runWithClock(clock, () => holdCall(new BrokenReads()))).toEqual(UNHARMED);
    const faults = [...clock.seen];
    expect(faults.length).toBeGreaterThan(20);
    const hold = (broken: string) =>
      runWithClock({ seen: new Set(), broken }, () => holdCall(new BrokenReads()));
    expect(await findHarmed(faults, hold)).toEqual([]);
  },
);
