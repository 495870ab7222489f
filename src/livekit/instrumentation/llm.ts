import type { llm } from "@livekit/agents";
import type { Guard } from "./guard.js";
import { type HookPoint, type PickListener, createHookPoint } from "./hook-point.js";
import { runModelCall } from "./call-context.js";

export interface LanguageModelListener {
  guard: Guard;
  /** A request went out. The function it gives is called at the first token of the answer. */
  onRequest(model: string | undefined): () => void;
}

/** Listens to when an LLM is asked and when it begins to answer. */
export const languageModelHooks: HookPoint<llm.LLM, LanguageModelListener> = createHookPoint(
  (instance: llm.LLM, pickListener: PickListener<LanguageModelListener>) => {
    const chat = instance.chat.bind(instance);
    instance.chat = (...args) => {
      const listener = pickListener(args[0].connOptions, "stream");
      let onFirstToken: (() => void) | undefined;
      listener?.guard.run(
        "saw a request to the LLM",
        () => (onFirstToken = listener.onRequest(modelOf(instance))),
      );
      const call = { model: instance, guard: listener?.guard };
      const stream = runModelCall(call, () => chat(...args));
      const next = stream.next.bind(stream);
      stream.next = async () => {
        const result = await next();
        if (onFirstToken !== undefined && result.done !== true && isAnswer(result.value)) {
          const tell = onFirstToken;
          onFirstToken = undefined;
          listener?.guard.run("saw a first token", tell);
        }
        return result;
      };
      return stream;
    };
  },
);

/** LiveKit's own word for a plugin that does not tell is `unknown`. */
function modelOf({ model }: llm.LLM): string | undefined {
  return model === "" || model === "unknown" ? undefined : model;
}

/** Usage and role chunks are not an answer yet. */
export function isAnswer(chunk: llm.ChatChunk): boolean {
  return Boolean(chunk.delta?.content) || (chunk.delta?.toolCalls?.length ?? 0) > 0;
}
