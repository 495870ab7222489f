import { type llm, type stt, voice } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import type { Guard } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";
import { isAnswer } from "./llm.js";
import { isStream, tapStream } from "./tap-stream.js";

/** Gets what passes through the methods that an agent may override. */
export interface AgentCodeListener {
  guard: Guard;
  /** Models are about to be exchanged; LiveKit opens their streams while it does. */
  onModelsChange(models: { stt?: unknown; tts?: unknown; llm?: unknown }): void;
  onModelsChanged(): void;
  /** LiveKit has taken the user's words as a turn; what it gives is told how the agent's code ended. */
  onTurnTaken(text: string): TakenTurn;
  /** The agent's own `sttNode` was called. */
  onSttNode(): SttNodeListener;
  /** The agent's own `llmNode` was called. The function it gives is called at its first token. */
  onLlmNode(): () => void;
  /** The agent's own `ttsNode` was called. */
  onTtsNode(): TtsNodeListener;
}

/** A turn that LiveKit hands to `onUserTurnCompleted`. */
export interface TakenTurn {
  /** `isOwnCode` says that the agent overrides it; `text` is what it has left in the message. */
  onEnd(turn: { text: string; isReplyStopped: boolean; isOwnCode: boolean }): void;
}

/** One run of an agent's own `sttNode`. */
export interface SttNodeListener {
  onEvent(event: stt.SpeechEvent): void;
  onEnd(): void;
  /** Runs the node's code, so that what a service gives it is known to have come through it. */
  run<R>(work: () => R): R;
}

/** One run of an agent's own `ttsNode`. */
export interface TtsNodeListener {
  onText(text: string): void;
  onFrame(frame: AudioFrame): void;
  onEnd(): void;
  /** Runs the node's code, so that what it has synthesised is known to be part of it. */
  run<R>(work: () => R): R;
}

const base = voice.Agent.prototype;

/** Listens to the methods of an agent; those that it does not override stay untouched. */
export const agentCodeHooks: HookPoint<voice.Agent, AgentCodeListener> = createHookPoint(
  (agent: voice.Agent, pickListener: () => AgentCodeListener | undefined) => {
    followOptions(agent, pickListener);
    followTurns(agent, pickListener);
    if (agent.sttNode !== base.sttNode) wrapSttNode(agent, pickListener);
    if (agent.llmNode !== base.llmNode) wrapLlmNode(agent, pickListener);
    if (agent.ttsNode !== base.ttsNode) wrapTtsNode(agent, pickListener);
  },
);

type Pick = () => AgentCodeListener | undefined;

function followOptions(agent: voice.Agent, pick: Pick): void {
  const updateOptions = agent.updateOptions.bind(agent);
  agent.updateOptions = async (options, ...rest) => {
    const listener = pick();
    listener?.guard.run("followed a change of models", () =>
      listener.onModelsChange(options ?? {}),
    );
    await updateOptions(options, ...rest);
    // A model that is given by its name exists only now.
    listener?.guard.run("followed a change of models", () => listener.onModelsChanged());
  };
}

function followTurns(agent: voice.Agent, pick: Pick): void {
  const isOwnCode = agent.onUserTurnCompleted !== base.onUserTurnCompleted;
  const complete = agent.onUserTurnCompleted.bind(agent);
  agent.onUserTurnCompleted = async (chatCtx, message) => {
    const listener = pick();
    let turn: TakenTurn | undefined;
    listener?.guard.run("saw a turn taken", () => {
      turn = listener.onTurnTaken(message.textContent ?? "");
    });
    let isReplyStopped = false;
    try {
      await complete(chatCtx, message);
    } catch (error) {
      isReplyStopped = error instanceof voice.StopResponse;
      throw error;
    } finally {
      listener?.guard.run("saw a turn completed", () =>
        turn?.onEnd({ text: message.textContent ?? "", isReplyStopped, isOwnCode }),
      );
    }
  };
}

function wrapSttNode(agent: voice.Agent, pick: Pick): void {
  const sttNode = agent.sttNode.bind(agent);
  agent.sttNode = async (...args) => {
    const listener = pick();
    let node: SttNodeListener | undefined;
    listener?.guard.run("saw ears of the agent's own", () => {
      node = listener.onSttNode();
    });
    if (listener === undefined || node === undefined) return sttNode(...args);
    const { guard } = listener;
    const { run, onEvent, onEnd } = node;
    const events = await run(() => sttNode(...args));
    if (!isStream(events)) return events;
    return tapStream(events, {
      onChunk(event) {
        if (typeof event === "object") guard.run("heard a transcript", () => onEvent(event));
      },
      onEnd: () => guard.run("heard the last transcript", onEnd),
      runRead: run,
    });
  };
}

function wrapLlmNode(agent: voice.Agent, pick: Pick): void {
  const llmNode = agent.llmNode.bind(agent);
  agent.llmNode = async (...args) => {
    const listener = pick();
    let onFirstToken: (() => void) | undefined;
    listener?.guard.run("saw a request to the LLM", () => {
      onFirstToken = listener.onLlmNode();
    });
    const chunks = await llmNode(...args);
    if (listener === undefined || !isStream(chunks)) return chunks;
    return tapStream(chunks, {
      onChunk(chunk) {
        if (onFirstToken === undefined || !isToken(chunk)) return;
        const tell = onFirstToken;
        onFirstToken = undefined;
        listener.guard.run("saw a first token", tell);
      },
    });
  };
}

/** A node may give text, chunks of an LLM, or a mark that ends a part of the reply. */
function isToken(chunk: unknown): boolean {
  if (typeof chunk === "string") return chunk !== "";
  return typeof chunk === "object" && chunk !== null && "delta" in chunk
    ? isAnswer(chunk as llm.ChatChunk)
    : false;
}

function wrapTtsNode(agent: voice.Agent, pick: Pick): void {
  const ttsNode = agent.ttsNode.bind(agent);
  agent.ttsNode = async (text, ...rest) => {
    const listener = pick();
    let node: TtsNodeListener | undefined;
    listener?.guard.run("saw a synthesis of the agent's own", () => {
      node = listener.onTtsNode();
    });
    if (listener === undefined || node === undefined) return ttsNode(text, ...rest);
    const { guard } = listener;
    const { run, onText, onFrame, onEnd } = node;
    const heard = isStream(text)
      ? tapStream(text, {
          onChunk: (chunk) => guard.run("noted a text to speak", () => onText(chunk)),
        })
      : text;
    const end = () => guard.run("ended a synthesis", onEnd);
    try {
      const frames = await run(() => ttsNode(heard, ...rest));
      if (!isStream(frames)) {
        end();
        return frames;
      }
      return tapStream(frames, {
        onChunk: (frame) => guard.run("noted audio", () => onFrame(frame)),
        onEnd: end,
        runRead: run,
      });
    } catch (error) {
      end();
      throw error;
    }
  };
}
