import type { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type llm, initializeLogger, voice } from "@livekit/agents";
import { afterAll, beforeAll } from "vitest";
import { EstimatingLoudspeaker } from "./estimating-loudspeaker.js";
import {
  type Observation,
  type ObserveOptions,
  type Telemetry,
  observe,
  startTelemetry,
} from "../../../src/livekit/index.js";
import type { AgentMessage, Conversation, Message } from "../../../src/record/index.js";
import { readConversation } from "../../../src/store/index.js";
import {
  ScriptedSpeechToText,
  ScriptedTextToSpeech,
  SilentMicrophone,
  type VoiceOptions,
} from "./fake-models.js";

/** Telemetry for one test file: records into a folder of its own and keeps every span. */
export interface Recorder {
  telemetry: Telemetry;
  directory: string;
  problems: string[];
  stop(): Promise<void>;
}

export function startRecorder(): Recorder {
  initializeLogger({ pretty: false, level: "silent" });
  const directory = mkdtempSync(join(tmpdir(), "talktrace-livekit-"));
  const problems: string[] = [];
  const exporterBefore = process.env["OTEL_TRACES_EXPORTER"];
  process.env["OTEL_TRACES_EXPORTER"] = "none";
  const telemetry = startTelemetry({
    directory,
    console: false,
    reportProblem: (line) => problems.push(line),
  });
  return {
    telemetry,
    directory,
    problems,
    async stop() {
      if (exporterBefore === undefined) delete process.env["OTEL_TRACES_EXPORTER"];
      else process.env["OTEL_TRACES_EXPORTER"] = exporterBefore;
      await telemetry.shutdown();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The same for all tests of a file, begun before the first and over after the last. */
export function recordSessions(): void {
  let recorder: Recorder | undefined;
  beforeAll(() => {
    recorder = startRecorder();
  });
  afterAll(() => recorder?.stop());
}

export interface SessionOptions {
  stt?: ScriptedSpeechToText;
  tts?: ConstructorParameters<typeof voice.AgentSession>[0] extends infer O
    ? O extends { tts?: infer T }
      ? T
      : never
    : never;
  llm?: llm.LLM | llm.RealtimeModel;
  agent?: voice.Agent;
  /** How many times faster than real time the loudspeaker plays. */
  rate?: number;
  voiceOptions?: VoiceOptions;
  /** When the session is observed; `never` leaves that to the test. */
  observe?: "before" | "after" | "never";
  /** What it is observed with, beside where its problems go. */
  observeWith?: ObserveOptions;
  session?: Partial<ConstructorParameters<typeof voice.AgentSession>[0]>;
  withAudioOutput?: boolean;
  /** What the caller is heard by. Default: a microphone that nothing comes from. */
  microphone?: voice.AudioInput;
}

/** A real session with models of the test's own, a loudspeaker on a clock, and the record of it. */
export interface ObservedSession {
  session: voice.AgentSession;
  stt: ScriptedSpeechToText;
  loudspeaker: EstimatingLoudspeaker;
  observation: Observation;
  problems: string[];
  /** Resolves when the event comes that fits. */
  next(name: `${voice.AgentSessionEventTypes}`, fits?: (event: never) => boolean): Promise<unknown>;
  /** The user says one thing and LiveKit takes it as a turn. */
  userSays(text: string): void;
  /** Observes the session, as often as wanted. */
  observe(): Observation;
  /** Starts the session again after it was closed. */
  restart(): Promise<void>;
  /** Resolves when the record knows of a synthesis with this text, wherever it puts it. */
  untilSynthesised(text: string): Promise<void>;
  /** Closes the session and reads the file back. */
  finish(): Promise<Conversation>;
  /** Reads the file as it is now. */
  read(): Promise<Conversation>;
}

export async function startSession(options: SessionOptions = {}): Promise<ObservedSession> {
  const stt = options.stt ?? new ScriptedSpeechToText();
  const session = new voice.AgentSession({
    stt,
    tts: options.tts ?? new ScriptedTextToSpeech(options.voiceOptions),
    ...(options.llm === undefined ? {} : { llm: options.llm }),
    vad: null,
    turnHandling: {
      turnDetection: "stt",
      interruption: { mode: "vad", minDuration: 0, minWords: 0 },
      endpointing: { minDelay: 0, maxDelay: 0 },
    },
    aecWarmupDuration: 0,
    useTtsAlignedTranscript: false,
    ...options.session,
  });
  const loudspeaker = new EstimatingLoudspeaker({ rate: options.rate ?? 8 });
  session.input.audio = options.microphone ?? new SilentMicrophone();
  if (options.withAudioOutput !== false) session.output.audio = loudspeaker;
  const problems: string[] = [];
  const reportProblem = (line: string) => void problems.push(line);
  const when = options.observe ?? "before";
  let observation: Observation | undefined;
  const observeIt = () =>
    (observation = observe(session, { reportProblem, ...options.observeWith }));
  const start = async (agent: voice.Agent) => {
    await session.start({ agent, record: false });
    await stt.untilListening();
  };
  if (when === "before") observeIt();
  await start(options.agent ?? new voice.Agent({ instructions: "" }));
  if (when === "after") observeIt();

  // The session's own types know each event apart; this waits for any of them.
  const emitter = session as unknown as EventEmitter;
  const read = async () => {
    await telemetryOf().flush();
    return (await readConversation(observation?.path ?? "")).conversation;
  };
  return {
    session,
    stt,
    loudspeaker,
    problems,
    get observation() {
      if (observation === undefined) throw new Error("the session is not observed");
      return observation;
    },
    observe: observeIt,
    async restart() {
      session.input.audio = new SilentMicrophone();
      session.output.audio = loudspeaker;
      await start(new voice.Agent({ instructions: "" }));
    },
    async untilSynthesised(text) {
      for (;;) {
        const { conversation, unspoken } = await read();
        if ([...conversation, ...unspoken].some((message) => message.content === text)) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    next: (name, fits = () => true) =>
      new Promise((resolve) => {
        const listen = (event: unknown) => {
          if (!fits(event as never)) return;
          emitter.off(name, listen);
          resolve(event);
        };
        emitter.on(name, listen);
      }),
    userSays: (text) => stt.say(text),
    read,
    async finish() {
      await session.close();
      loudspeaker.close();
      return read();
    },
  };
}

function telemetryOf(): Telemetry {
  // A second call gives what the first one made.
  return startTelemetry();
}

export function agentMessages(conversation: Conversation): AgentMessage[] {
  return conversation.conversation.filter((message: Message) => message.role === "agent");
}

export function isAnswer({ item }: voice.ConversationItemAddedEvent): boolean {
  return item.type === "message" && item.role === "assistant";
}

export function isUserItem({ item }: voice.ConversationItemAddedEvent): boolean {
  return item.type === "message" && item.role === "user";
}
