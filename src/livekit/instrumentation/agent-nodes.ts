import type { llm, stt, voice } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import { isOverridden } from "../livekit-facts/overridden-methods.js";
import { isObject } from "../livekit-facts/private-property.js";
import type { CallContext, NodeSynthesis, RawTranscript } from "./call-context.js";
import type { Guard, Guarded } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";
import { isAnswer } from "./llm.js";
import { isStream, tapStream } from "./tap-stream.js";
import { wrapMethod } from "./wrap-method.js";

/** Told what passes through the methods that an agent may override. */
export interface AgentCodeListener {
  guard: Guard;
  /** The session that the agent belongs to. */
  owner: object;
  /** Models are about to be exchanged. LiveKit opens the streams of the new ones meanwhile. */
  onModelsChange(models: { stt?: unknown; tts?: unknown; llm?: unknown }): void;
  onModelsChanged(): void;
  /**
   * LiveKit has taken the user's words as a turn. `onEnd` of the result is called when the agent's code
   * ended.
   */
  onTurnTaken(text: string): TakenTurn;
  /** The agent's own `sttNode` was called. */
  onSttNode(): SttNodeListener;
  /** The agent's own `llmNode` was called. The result is called at its first token. */
  onLlmNode(): () => void;
  /** The agent's own `ttsNode` was called. */
  onTtsNode(): TtsNodeListener;
}

/** A turn that LiveKit hands to `onUserTurnCompleted`. */
export interface TakenTurn {
  /**
   * `text` is the message's text after the agent's code ran. `isOwnCode` tells that the agent overrides
   * the method.
   */
  onEnd(turn: { text: string; isReplyStopped: boolean; isOwnCode: boolean }): void;
}

/** One run of the agent's own `sttNode`. */
export interface SttNodeListener {
  /** A service has given the node a transcript. */
  onRawTranscript(transcript: RawTranscript): void;
  /** The node passes an event on. */
  onEvent(event: stt.SpeechEvent): void;
  onEnd(): void;
}

/** One run of the agent's own `ttsNode`. */
export interface TtsNodeListener {
  /** A TTS has begun to speak for the node. */
  onSynthesis(synthesis: NodeSynthesis): void;
  onText(text: string): void;
  onFrame(frame: AudioFrame): void;
  onEnd(): void;
}

const DOING = {
  onModelsChange: "followed a change of models",
  onModelsChanged: "followed a change of models",
  onTurnTaken: "saw a turn taken",
  onSttNode: "saw an agent's own sttNode run",
  onRawTranscript: "heard a transcript",
  onEvent: "heard a transcript",
  onLlmNode: "saw a request to the LLM",
  onTtsNode: "saw an agent's own ttsNode run",
  onSynthesis: "began a synthesis",
  onText: "noted a text to speak",
  onFrame: "noted audio",
};

/** Listens to an agent's methods. Nodes that the agent does not override stay untouched. */
export const agentCodeHooks: HookPoint<voice.Agent, AgentCodeListener> = createHookPoint(
  DOING,
  (agent: voice.Agent, pickListener, guard, onLeft) => {
    const overridden = new Set(
      (["onUserTurnCompleted", "sttNode", "llmNode", "ttsNode"] as const).filter((name) =>
        isOverridden(agent, name),
      ),
    );
    onLeft(
      followOptions(agent, pickListener, guard),
      followTurns(agent, pickListener, guard, overridden.has("onUserTurnCompleted")),
    );
    if (overridden.has("sttNode")) onLeft(wrapSttNode(agent, pickListener, guard));
    if (overridden.has("llmNode")) onLeft(wrapLlmNode(agent, pickListener, guard));
    if (overridden.has("ttsNode")) onLeft(wrapTtsNode(agent, pickListener, guard));
  },
);

type Pick = () => Guarded<AgentCodeListener> | undefined;

function followOptions(agent: voice.Agent, pick: Pick, guard: Guard): () => void {
  return wrapMethod(agent, "updateOptions", guard, DOING.onModelsChange, (options) => {
    const listener = pick();
    listener?.onModelsChange(options ?? {});
    // If a model is given by its name, it exists only after the call.
    return { onResult: () => listener?.onModelsChanged() };
  });
}

function followTurns(agent: voice.Agent, pick: Pick, guard: Guard, isOwnCode: boolean): () => void {
  return wrapMethod(agent, "onUserTurnCompleted", guard, DOING.onTurnTaken, (_chatCtx, message) => {
    const turn = pick()?.onTurnTaken(message.textContent ?? "");
    const end = (isReplyStopped: boolean): void =>
      turn?.onEnd({ text: message.textContent ?? "", isReplyStopped, isOwnCode });
    return {
      onResult: () => end(false),
      onError: (error) => end(isStopResponse(error)),
    };
  });
}

/** LiveKit marks its `StopResponse` by a symbol. An application may have another copy of the class. */
function isStopResponse(error: unknown): boolean {
  return (
    isObject(error) &&
    Object.getOwnPropertySymbols(error).some(({ description }) => description === "StopResponse")
  );
}

function wrapSttNode(agent: voice.Agent, pick: Pick, guard: Guard): () => void {
  return wrapMethod(agent, "sttNode", guard, DOING.onSttNode, () => {
    const listener = pick();
    const node = listener?.onSttNode();
    if (listener === undefined || node === undefined) return undefined;
    const context: CallContext = { owner: listener.owner, isNode: true, sttNode: node };
    return {
      context,
      onResult: (events) =>
        isStream(events)
          ? tapStream(events, guard, {
              onChunk(event) {
                if (typeof event === "object") node.onEvent(event);
              },
              onEnd: node.onEnd,
              context,
            })
          : undefined,
    };
  });
}

function wrapLlmNode(agent: voice.Agent, pick: Pick, guard: Guard): () => void {
  return wrapMethod(agent, "llmNode", guard, DOING.onLlmNode, () => {
    let onFirstToken = pick()?.onLlmNode();
    if (onFirstToken === undefined) return undefined;
    return {
      onResult: (chunks) =>
        isStream(chunks)
          ? tapStream(chunks, guard, {
              onChunk(chunk) {
                if (onFirstToken === undefined || !isToken(chunk)) return;
                onFirstToken();
                onFirstToken = undefined;
              },
            })
          : undefined,
    };
  });
}

/** A node may give text, chunks of an LLM, or a mark that ends a part of the reply. */
function isToken(chunk: unknown): boolean {
  if (typeof chunk === "string") return chunk !== "";
  return typeof chunk === "object" && chunk !== null && "delta" in chunk
    ? isAnswer(chunk as llm.ChatChunk)
    : false;
}

function wrapTtsNode(agent: voice.Agent, pick: Pick, guard: Guard): () => void {
  return wrapMethod(agent, "ttsNode", guard, DOING.onTtsNode, (text, ...rest) => {
    const listener = pick();
    const node = listener?.onTtsNode();
    if (listener === undefined || node === undefined) return undefined;
    const context: CallContext = { owner: listener.owner, isNode: true, ttsNode: node };
    const heard = isStream(text) ? tapStream(text, guard, { onChunk: node.onText }) : text;
    const args: Parameters<typeof agent.ttsNode> = [heard, ...rest];
    return {
      args,
      context,
      onResult(frames) {
        if (isStream(frames))
          return tapStream(frames, guard, { onChunk: node.onFrame, onEnd: node.onEnd, context });
        node.onEnd();
        return undefined;
      },
      onError: () => node.onEnd(),
    };
  });
}
