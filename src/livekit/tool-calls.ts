import type { llm, voice } from "@livekit/agents";
import type { JsonValue } from "../record/index.js";

/** The tools that the agent calls, from its speeches' items and from what LiveKit tells at the end. */
export interface ToolCalls {
  onSpeechCreated(speech: voice.SpeechHandle): void;
  onExecuted(event: voice.FunctionToolsExecutedEvent): void;
  /** The session ends: what is still running will not be told of. */
  close(): void;
}

/**
 * LiveKit tells of a tool when it has given its output. One that an interruption or the end of the
 * session cuts short is told of by nobody; it is found among the items of the speech that called it.
 */
export function followToolCalls(
  write: (createdAt: number, data: { [key: string]: JsonValue }) => void,
  guard: (work: () => void) => void,
): ToolCalls {
  const written = new Set<string>();
  /** Speeches that may have called a tool which is not written yet. */
  const speeches = new Set<voice.SpeechHandle>();

  function writeCall(call: llm.FunctionCall, output: llm.FunctionCallOutput | undefined): void {
    written.add(call.id);
    write(call.createdAt, {
      name: call.name,
      call_id: call.callId,
      arguments: call.args,
      output: output?.output ?? null,
      is_error: output?.isError ?? false,
      ...(output === undefined
        ? { unfinished: true }
        : { duration_s: (output.createdAt - call.createdAt) / 1000 }),
    });
  }

  function findUnwritten(speech: voice.SpeechHandle): llm.FunctionCall[] {
    return speech.chatItems.filter(
      (item): item is llm.FunctionCall => item.type === "function_call" && !written.has(item.id),
    );
  }

  function writeUnfinished(speech: voice.SpeechHandle): void {
    for (const call of findUnwritten(speech)) writeCall(call, undefined);
  }

  return {
    onSpeechCreated(speech) {
      speeches.add(speech);
      speech.addDoneCallback(() =>
        guard(() => {
          if (speech.interrupted) writeUnfinished(speech);
          // A tool may go on without the speech that called it.
          if (findUnwritten(speech).length === 0) speeches.delete(speech);
        }),
      );
    },
    onExecuted({ functionCalls, functionCallOutputs }) {
      functionCalls.forEach((call, index) => writeCall(call, functionCallOutputs[index]));
    },
    close() {
      for (const speech of speeches) writeUnfinished(speech);
      speeches.clear();
    },
  };
}
