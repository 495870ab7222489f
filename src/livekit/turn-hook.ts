import { voice } from "@livekit/agents";
import type { Guard } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";

export interface TurnHookListener {
  guard: Guard;
  /** LiveKit has taken the user's words as a whole. */
  onStart(): void;
  /** The agent's own code has had its say; not called for an agent without such code. */
  onEnd(): void;
}

/**
 * Listens to when an agent's `onUserTurnCompleted` begins and ends: between the end of a turn and
 * the request to the LLM. LiveKit reports only how long it took, and only when an answer follows.
 */
export const turnHooks: HookPoint<voice.Agent, TurnHookListener> = createHookPoint(
  (agent: voice.Agent, pickListener: () => TurnHookListener | undefined) => {
    const isOwn = agent.onUserTurnCompleted !== voice.Agent.prototype.onUserTurnCompleted;
    const hook = agent.onUserTurnCompleted.bind(agent);
    agent.onUserTurnCompleted = async (...args) => {
      const listener = pickListener();
      listener?.guard.run("saw a turn end", () => listener.onStart());
      try {
        await hook(...args);
      } finally {
        if (isOwn) listener?.guard.run("saw a turn's hook end", () => listener.onEnd());
      }
    };
  },
);
