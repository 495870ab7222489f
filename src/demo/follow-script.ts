import { setTimeout as delay } from "node:timers/promises";
import { voice } from "@livekit/agents";
import { awaitEvent, type Subscribe } from "./await-event.js";
import type { AudibleSpan, CallerMicrophone } from "./caller-microphone.js";
import type { Loudspeaker } from "./loudspeaker.js";
import { USUAL_PAUSE_S, type ScriptedTurn } from "./script.js";

/** One utterance of the caller, with the wall times of its first and last sound. */
export interface SpokenTurn extends AudibleSpan {
  id: string;
  language: string;
  text: string;
  /** The caller interrupted the agent with it. */
  interrupts: boolean;
}

export interface Line {
  session: voice.AgentSession;
  microphone: CallerMicrophone;
  loudspeaker: Loudspeaker;
  script: readonly ScriptedTurn[];
  rate: number;
  signal: AbortSignal;
  onTurn: (turn: SpokenTurn) => void;
}

/** Longer than any reply takes in real time. */
const PATIENCE_MS = 45_000;

/**
 * Speaks the script and waits for each answer. The session's events and the audible sound decide when a
 * turn comes, and never the clock, because LiveKit's own timers do not follow `rate`.
 *
 * @throws Error if an answer does not come, or the signal's reason once it aborts
 */
export async function followScript(line: Line): Promise<void> {
  const { session, microphone, loudspeaker, script, rate, signal } = line;
  const replies = countReplies(session);
  try {
    await untilAnswered(line, replies, 1, "the greeting");
    for (const { utterance, pause_s = USUAL_PAUSE_S, interruptAfter_s, reply } of script) {
      if (interruptAfter_s === undefined) {
        await delay((pause_s * 1000) / rate, undefined, { signal });
      } else {
        const playout = loudspeaker.segments.length;
        const isHeard = await untilHeard(line, playout, interruptAfter_s);
        if (!isHeard)
          throw new Error(`"${utterance.id}" came too late: the agent had stopped speaking`);
      }
      const said = replies.count;
      const span = await abortable(microphone.speak(utterance), signal);
      const { id, language, text } = utterance;
      line.onTurn({ id, language, text, interrupts: interruptAfter_s !== undefined, ...span });
      const next = script[script.findIndex((turn) => turn.utterance === utterance) + 1];
      // If the caller interrupts next, the end of the reply is not awaited.
      if (next?.interruptAfter_s !== undefined) continue;
      const expected = (reply.say === undefined ? 0 : 1) + (reply.tool === undefined ? 0 : 1);
      await untilAnswered(line, replies, said + expected, `the reply to "${id}"`);
    }
  } finally {
    replies.stop();
  }
}

/** Counts the replies that were heard to their end. */
function countReplies(session: voice.AgentSession) {
  const replies = { count: 0, stop: () => session.off(ItemAdded, onItem) };
  const { ConversationItemAdded: ItemAdded } = voice.AgentSessionEventTypes;
  const onItem = ({ item }: voice.ConversationItemAddedEvent) => {
    if (item.type === "message" && item.role === "assistant" && !item.interrupted)
      replies.count += 1;
  };
  session.on(ItemAdded, onItem);
  return replies;
}

async function untilAnswered(
  { session, loudspeaker, signal }: Line,
  replies: { count: number },
  count: number,
  what: string,
): Promise<void> {
  const { AgentStateChanged, ConversationItemAdded, Close } = voice.AgentSessionEventTypes;
  let closed: voice.CloseEvent | undefined;
  const subscribe: Subscribe = (onChange) => {
    // The session emits the event of a change before the change is complete.
    const later = () => setImmediate(onChange);
    const onClose = (event: voice.CloseEvent) => {
      closed = event;
      later();
    };
    session.on(AgentStateChanged, later);
    session.on(ConversationItemAdded, later);
    session.on(Close, onClose);
    return () => {
      session.off(AgentStateChanged, later);
      session.off(ConversationItemAdded, later);
      session.off(Close, onClose);
    };
  };
  const isSo = () => {
    if (closed) throw new Error(`The session closed (${closed.reason}) before ${what}`);
    return replies.count >= count && session.agentState === "listening" && loudspeaker.isIdle;
  };
  await awaitEvent({ what, isSo, subscribe, patienceMs: PATIENCE_MS, signal });
}

async function untilHeard(
  { loudspeaker, signal }: Line,
  playout: number,
  seconds: number,
): Promise<boolean> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  return abortable(loudspeaker.waitUntilHeard(playout, seconds), patience);
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
