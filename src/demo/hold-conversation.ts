import { initializeLogger, loggerOptions, type voice } from "@livekit/agents";
import { createAssistant } from "../agent/assistant.js";
import { createModels } from "../agent/models.js";
import { createSession } from "../agent/session.js";
import { DEFAULT_VOICE } from "../agent/settings.js";
import { CallerMicrophone, wallClockMs, type AudibleSpan } from "./caller-microphone.js";
import { followScript, type SpokenTurn } from "./follow-script.js";
import { Loudspeaker, type HeardSegment } from "./loudspeaker.js";
import { listReplies, tellParcelStory, type ScriptedTurn } from "./script.js";
import type { CartesiaFault } from "./stand-ins/cartesia.js";
import { startStandIns, type InjectedDelays, type StandIns } from "./stand-ins/start-stand-ins.js";

export interface ConversationOptions {
  /** How many times faster than real time the caller speaks and listens. Default 1. */
  rate?: number;
  /** How long the stand-ins wait, in real milliseconds at any rate. */
  delays?: Partial<InjectedDelays>;
  script?: readonly ScriptedTurn[];
  faults?: readonly CartesiaFault[];
  /** Called with the session before it starts, e.g. to observe it. */
  onSession?: (session: voice.AgentSession) => void | Promise<void>;
  /** Called when the caller has said something. */
  onTurn?: (turn: SpokenTurn) => void;
  /** Ends the conversation early, but in order. */
  signal?: AbortSignal;
}

/** What happened by the caller's own clock, for comparison with a record. */
export interface HeldConversation extends AudibleSpan {
  /** The utterances of the caller. */
  utterances: SpokenTurn[];
  /** What the caller heard. */
  playouts: readonly HeardSegment[];
  delays: InjectedDelays;
  rate: number;
  /** False if the signal ended it. */
  completed: boolean;
}

/**
 * Holds a scripted conversation between a caller and the reference agent. It is a real session with the
 * real plugins, whose services are stand-ins on 127.0.0.1. Nothing keeps running afterwards.
 *
 * @throws Error if the agent does not answer; it names the missing answer
 */
export async function holdConversation(
  options: ConversationOptions = {},
): Promise<HeldConversation> {
  const { rate = 1, script = tellParcelStory(), faults = [], delays = {} } = options;
  const signal = options.signal ?? new AbortController().signal;
  // LiveKit needs a logger. At level "silent" it prints nothing.
  if (!loggerOptions()) initializeLogger({ pretty: false, level: "silent" });

  const startedAtMs = wallClockMs();
  const standIns = await startStandIns({ replies: listReplies(script), delays, rate, faults });
  const microphone = new CallerMicrophone({ rate });
  const loudspeaker = new Loudspeaker({ rate });
  const utterances: SpokenTurn[] = [];
  let completed = false;
  try {
    await withSession(standIns, async (session) => {
      session.input.audio = microphone;
      session.output.audio = loudspeaker;
      await options.onSession?.(session);
      if (signal.aborted) return;
      await session.start({ agent: createAssistant(), record: false });
      await followScript({
        session,
        microphone,
        loudspeaker,
        script,
        rate,
        signal,
        onTurn(turn) {
          utterances.push(turn);
          options.onTurn?.(turn);
        },
      });
      completed = true;
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await microphone.close();
    loudspeaker.close();
    await standIns.stop();
  }
  const playouts = loudspeaker.segments;
  return {
    startedAtMs,
    endedAtMs: wallClockMs(),
    utterances,
    playouts,
    delays: standIns.delays,
    rate,
    completed,
  };
}

async function withSession(
  standIns: StandIns,
  converse: (session: voice.AgentSession) => Promise<void>,
): Promise<void> {
  const { apiKey, deepgramUrl, cartesiaUrl, llmUrl } = standIns;
  const models = createModels({
    deepgram: { apiKey, model: "nova-3", language: "multi", url: deepgramUrl },
    cartesia: { apiKey, model: "sonic-3", voice: DEFAULT_VOICE, url: cartesiaUrl },
    llm: { apiKey, model: "stand-in", url: llmUrl },
  });
  // Without a room there is no echo, so no warm-up is needed. The timer that detects an absent user is
  // off, because it would outlive the session.
  const session = createSession(models, { aecWarmupDuration: 0, userAwayTimeout: null });
  try {
    await converse(session);
  } finally {
    await session.close();
    await Promise.all([models.stt.close(), models.tts.close(), models.llm.aclose()]);
  }
}
