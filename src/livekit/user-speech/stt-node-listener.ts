import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { SttNodeListener } from "../instrumentation/agent-nodes.js";
import type { PendingTranscripts } from "./pending-transcripts.js";
import { followSttNodeRun } from "./stt-node-run.js";
import { type TranscriptIntake, finalTextOf } from "./transcript-intake.js";

/** Listens to one run of the agent's own `sttNode`, and records what happened to its transcripts. */
export function listenToSttNode(
  { spans, clock }: ObservedConversation,
  intake: TranscriptIntake,
  pending: PendingTranscripts,
): SttNodeListener {
  const run = followSttNodeRun({
    isOpen: pending.has,
    onDropped: (id) => pending.discard("stt_node", id),
    onPassed(from, text, latest) {
      pending.replace(
        from.map(({ id }) => id),
        text,
      );
      intake.awaitText(
        latest,
        from.map((raw) => raw.text),
      );
    },
    onChanged: (id, takenAs) => spans.amend(id, { takenAs }, clock.now()),
  });
  return {
    onRawTranscript: run.onRawTranscript,
    onEvent(event) {
      const text = finalTextOf(event);
      if (text === undefined) return;
      if (run.pass(text)) intake.onPassedOn(event);
      else intake.onSpeechEvent(event, { source: "custom_stt" });
    },
    onEnd: run.end,
  };
}
