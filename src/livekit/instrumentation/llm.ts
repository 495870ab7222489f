import type { llm } from "@livekit/agents";
import { valueAt } from "../livekit-facts/private-property.js";
import type { Guard } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";
import { wrapMethod } from "./wrap-method.js";

export interface LanguageModelListener {
  guard: Guard;
  /** A request went out. The result is called at the first token of the answer. */
  onRequest(model: string | undefined): () => void;
}

/** Listens to when an LLM is asked and when its answer begins. */
export const languageModelHooks: HookPoint<llm.LLM, LanguageModelListener> = createHookPoint(
  { onRequest: "saw a request to the LLM" },
  (instance: llm.LLM, pickListener, guard, onLeft) => {
    const endChat = wrapMethod(instance, "chat", guard, "saw a request to the LLM", (...args) => {
      const listener = pickListener(args[0].connOptions, "stream");
      let onFirstToken = listener?.onRequest(modelOf(instance));
      return {
        context: { modelCall: { model: instance, guard: listener?.guard } },
        onResult(stream) {
          if (onFirstToken === undefined) return;
          wrapMethod(stream, "next", guard, "saw a first token", () =>
            onFirstToken === undefined
              ? undefined
              : {
                  onResult(result) {
                    if (result.done === true || !isAnswer(result.value)) return;
                    onFirstToken?.();
                    onFirstToken = undefined;
                  },
                },
          );
        },
      };
    });
    onLeft(endChat);
  },
);

/** LiveKit says `unknown` for a plugin that does not name its model. */
function modelOf(instance: llm.LLM): string | undefined {
  const model = valueAt(instance, "model");
  return typeof model !== "string" || model === "" || model === "unknown" ? undefined : model;
}

/** Usage and role chunks are not an answer yet. */
export function isAnswer(chunk: llm.ChatChunk): boolean {
  return Boolean(chunk.delta?.content) || (chunk.delta?.toolCalls?.length ?? 0) > 0;
}
