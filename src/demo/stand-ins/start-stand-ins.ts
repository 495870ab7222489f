import { startCartesiaStandIn, type CartesiaFault } from "./cartesia.js";
import type { ScriptedReply } from "./choose-reply.js";
import { startDeepgramStandIn } from "./deepgram.js";
import { startLlmStandIn } from "./llm.js";

/** How long each stand-in makes its client wait, in real milliseconds. */
export interface InjectedDelays {
  /** From the end of the caller's speech to the final transcript. */
  finalDelayMs: number;
  /** From a chat request to the first token. */
  firstTokenDelayMs: number;
  /** Between one token and the next. */
  tokenIntervalMs: number;
  /** From a text to its first audio. */
  firstByteDelayMs: number;
}

export const DEFAULT_DELAYS: InjectedDelays = {
  finalDelayMs: 400,
  firstTokenDelayMs: 350,
  tokenIntervalMs: 12,
  firstByteDelayMs: 150,
};

export interface StandInsOptions {
  replies: readonly ScriptedReply[];
  delays?: Partial<InjectedDelays>;
  /** How many times faster than real time the caller speaks and listens. Default 1. */
  rate?: number;
  /** Seconds of silence after which the caller's speech has ended, see `DeepgramStandInOptions`. */
  endpointS?: number;
  faults?: readonly CartesiaFault[];
}

export interface StandIns {
  deepgramUrl: string;
  cartesiaUrl: string;
  llmUrl: string;
  /** The one key that all three accept. */
  apiKey: string;
  delays: InjectedDelays;
  /** Closes every connection and frees the ports. */
  stop: () => Promise<void>;
}

const API_KEY = "stand-in-key";
/** Synthesis is this much faster than playback, as with the real service. */
const SYNTHESIS_SPEED = 8;

/** Starts the stand-ins for Deepgram, Cartesia and an OpenAI-compatible service on 127.0.0.1. */
export async function startStandIns(options: StandInsOptions): Promise<StandIns> {
  const { replies, rate = 1, faults = [], endpointS } = options;
  const delays = { ...DEFAULT_DELAYS, ...options.delays };
  const { finalDelayMs, firstByteDelayMs, firstTokenDelayMs, tokenIntervalMs } = delays;
  const [deepgram, cartesia, llm] = await Promise.all([
    startDeepgramStandIn({ apiKey: API_KEY, finalDelayMs, rate, endpointS }),
    startCartesiaStandIn({
      apiKey: API_KEY,
      firstByteDelayMs,
      synthesisSpeed: SYNTHESIS_SPEED * rate,
      faults,
    }),
    startLlmStandIn({ apiKey: API_KEY, replies, firstTokenDelayMs, tokenIntervalMs }),
  ]);
  return {
    deepgramUrl: deepgram.url,
    cartesiaUrl: cartesia.url,
    llmUrl: llm.url,
    apiKey: API_KEY,
    delays,
    async stop() {
      await Promise.all([deepgram.stop(), cartesia.stop(), llm.stop()]);
    },
  };
}
