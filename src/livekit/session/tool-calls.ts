import type { llm, voice } from "@livekit/agents";
import type { JsonValue } from "../../record/index.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { Turn } from "../conversation/turns.js";

/** A tool may ask a person or a slow service, so it may run this long. */
const LONGEST_TOOL_MS = 3_600_000;

/**
 * The tool calls of the agent. LiveKit tells them by `function_tools_executed` and by each speech's
 * items.
 */
export interface ToolCalls {
  onSpeechCreated(speech: voice.SpeechHandle): void;
  onExecuted(event: voice.FunctionToolsExecutedEvent): void;
  /** The session ends. LiveKit will not tell of tools that still run. */
  close(): void;
}

export interface ToolCallHandlers {
  /** The turn that the calling speech answers; undefined if none is known. */
  findTurn(speech: voice.SpeechHandle | undefined, calledMs: number): Turn | undefined;
  write(createdAt: number, data: { [key: string]: JsonValue }, turn: Turn | undefined): void;
}

/**
 * Writes each tool call once. LiveKit tells of a tool after its output. It does not tell of a tool that
 * an interruption or the session's end cuts short. Such a call is found among the items of its speech.
 */
export function followToolCalls(
  { clock, figures, guard }: ObservedConversation,
  { findTurn, write }: ToolCallHandlers,
): ToolCalls {
  const written = new Set<string>();
  /** Speeches with a tool call that may not be written yet. */
  const speeches = new Set<voice.SpeechHandle>();

  function writeCall(
    call: llm.FunctionCall,
    output: llm.FunctionCallOutput | undefined,
    speech: voice.SpeechHandle | undefined,
  ): void {
    written.add(call.id);
    const run = findRun(call, output);
    // The user may have spoken since, which is another turn.
    const turn = findTurn(speech, clock.fromWall(call.createdAt));
    if (run !== undefined) {
      const startMs = clock.fromWall(run.startMs);
      turn?.toolRuns.push({ startMs, endMs: clock.fromWall(run.endMs), isAnswered: false });
    }
    const data = {
      name: call.name,
      call_id: call.callId,
      arguments: call.args,
      output: output?.output ?? null,
      is_error: output?.isError ?? false,
      ...(output === undefined ? { unfinished: true } : {}),
      ...(run === undefined ? {} : { duration_s: (run.endMs - run.startMs) / 1000 }),
    };
    write(call.createdAt, data, turn);
  }

  /** When a tool ran, on LiveKit's clock; undefined if its times are impossible. */
  function findRun(call: { createdAt: number }, output: { createdAt: number } | undefined) {
    if (output === undefined) return undefined;
    // LiveKit tells of parallel tools together, when the slowest has ended.
    const endMs = figures.moment(
      "function_call_output.createdAt",
      output.createdAt,
      Date.now(),
      LONGEST_TOOL_MS,
    );
    if (endMs === undefined) return undefined;
    const startMs = figures.moment(
      "function_call.createdAt",
      call.createdAt,
      endMs,
      LONGEST_TOOL_MS,
    );
    return startMs === undefined ? undefined : { startMs, endMs };
  }

  function findUnwritten(speech: voice.SpeechHandle): llm.FunctionCall[] {
    return speech.chatItems.filter(
      (item): item is llm.FunctionCall => item.type === "function_call" && !written.has(item.id),
    );
  }

  function writeUnfinished(speech: voice.SpeechHandle): void {
    for (const call of findUnwritten(speech)) writeCall(call, undefined, speech);
  }

  return {
    onSpeechCreated(speech) {
      speeches.add(speech);
      speech.addDoneCallback(() =>
        guard.run("saw a tool end", () => {
          if (speech.interrupted) writeUnfinished(speech);
          // A tool may outlive the speech that called it.
          if (findUnwritten(speech).length === 0) speeches.delete(speech);
        }),
      );
    },
    onExecuted({ functionCalls, functionCallOutputs }) {
      functionCalls.forEach((call, index) => {
        const speech = [...speeches].find(({ chatItems }) =>
          chatItems.some(({ id }) => id === call.id),
        );
        writeCall(call, functionCallOutputs[index], speech);
      });
    },
    close() {
      for (const speech of speeches) writeUnfinished(speech);
      speeches.clear();
    },
  };
}
