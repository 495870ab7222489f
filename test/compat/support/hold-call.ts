import type { EventEmitter } from "node:events";
import { voice } from "@livekit/agents";
import type { Loudspeaker } from "../../../src/demo/loudspeaker.js";
import { type Observation, type ObserveOptions, observe } from "../../../src/livekit/index.js";
import { EstimatingLoudspeaker } from "../../livekit/support/estimating-loudspeaker.js";
import { SilentMicrophone } from "../../livekit/support/fake-models.js";
import { type ReadBack, readBack } from "./read-back.js";
import type { Recorder } from "./recorder.js";

type AgentSessionOptions = NonNullable<ConstructorParameters<typeof voice.AgentSession>[0]>;

export interface CallOptions {
  /** On top of what makes a session run offline: no VAD, the STT ends turns, no delays. */
  session?: Partial<AgentSessionOptions>;
  agent?: voice.Agent;
  /** Default: one that nothing comes from. */
  microphone?: voice.AudioInput;
  /** How many times faster than real time the loudspeaker plays. Default: 8. */
  rate?: number;
  /** Default: an `EstimatingLoudspeaker`; null for a session without sound. */
  loudspeaker?: (Loudspeaker & { close(): void }) | null;
  observe?: ObserveOptions;
  /** Whether it is observed only when it has started. */
  isObservedLate?: boolean;
  /** A room, and what is to be taken from it. */
  start?: Omit<Parameters<voice.AgentSession["start"]>[0], "agent" | "record">;
  /** Default: an output that is `loudspeaker`. */
  output?: voice.AudioOutput;
}

/** A real session that is observed, with a loudspeaker on a clock. */
export interface Call {
  session: voice.AgentSession;
  loudspeaker: Loudspeaker;
  observation: Observation;
  /** Lines that `observe()` reported. */
  problems: string[];
  /** Resolves with the next event of the name that fits. Ask before you cause it. */
  next<E>(name: `${voice.AgentSessionEventTypes}`, fits?: (event: E) => boolean): Promise<E>;
  /** Resolves when the agent's next message has been played and is in LiveKit's chat. */
  answer(): Promise<voice.ConversationItemAddedEvent>;
  /** Does what the agent answers to, and waits for that answer. */
  answerTo(cause: () => unknown): Promise<voice.ConversationItemAddedEvent>;
  /** Closes the session and reads it back. */
  finish(): Promise<ReadBack>;
}

/** A session that runs offline, with a loudspeaker on a clock and a silent microphone. */
export function createOfflineSession(options: CallOptions = {}) {
  const session = new voice.AgentSession({
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
  const rate = options.rate ?? 8;
  const loudspeaker = options.loudspeaker ?? new EstimatingLoudspeaker({ rate });
  const microphone = options.microphone ?? new SilentMicrophone();
  session.input.audio = microphone;
  if (options.loudspeaker !== null) session.output.audio = options.output ?? loudspeaker;
  return {
    session,
    loudspeaker,
    async close() {
      await session.close();
      loudspeaker.close();
      await microphone.close();
    },
  };
}

export async function holdCall(recorder: Recorder, options: CallOptions = {}): Promise<Call> {
  const { session, loudspeaker, close } = createOfflineSession(options);
  const problems: string[] = [];
  const observeIt = () =>
    observe(session, {
      reportProblem: (line) => void problems.push(line),
      ...options.observe,
    });
  const early = options.isObservedLate === true ? undefined : observeIt();
  await session.start({
    agent: options.agent ?? new voice.Agent({ instructions: "Answer." }),
    record: false,
    ...options.start,
  });

  const observation = early ?? observeIt();

  // The session's own types know each event apart; this waits for any of them.
  const emitter = session as unknown as EventEmitter;
  const next = <E>(name: string, fits: (event: E) => boolean = () => true): Promise<E> =>
    new Promise((resolve) => {
      const listen = (event: E) => {
        if (!fits(event)) return;
        emitter.off(name, listen);
        resolve(event);
      };
      emitter.on(name, listen);
    });

  const answer = () =>
    next<voice.ConversationItemAddedEvent>(
      "conversation_item_added",
      ({ item }) => item.type === "message" && item.role === "assistant",
    );

  return {
    session,
    loudspeaker,
    observation,
    problems,
    next,
    answer,
    async answerTo(cause) {
      const answered = answer();
      await cause();
      return answered;
    },
    async finish() {
      await close();
      return readBack(recorder, observation);
    },
  };
}
