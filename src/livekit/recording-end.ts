import type { voice } from "@livekit/agents";
import type { ObservedConversation } from "./conversation/observed-conversation.js";
import { endWithJob } from "./job-end.js";
import { waitForFile } from "./on-complete.js";
import { describeUsage } from "./session/usage.js";

/** How a recording ends. */
export interface RecordingEnd {
  isOpen(): boolean;
  /** Adds functions to call when the recording ends. */
  onClose(...stops: (() => void)[]): void;
  close(reason: string): void;
  /**
   * Resolves when the file was handed on. While the recording runs, resolves when the file is up to
   * date.
   */
  whenComplete(): Promise<void>;
}

/** Ends a recording once, however many callers ask. The end of its job ends it too. */
export function createRecordingEnd(
  session: voice.AgentSession,
  { spans, clock, guard, figures }: ObservedConversation,
  handOnFile: () => Promise<void>,
): RecordingEnd {
  const stopping: (() => void)[] = [];
  let isOpen = true;
  let completing: Promise<void> | undefined;
  const ending: RecordingEnd = {
    isOpen: () => isOpen,
    onClose: (...stops) => void stopping.push(...stops),
    whenComplete: () => completing ?? waitForFile(),
    close(reason) {
      if (!isOpen) return;
      isOpen = false;
      // If one of them fails, the others must still end, and the record must be completed.
      for (const stop of stopping) guard.run("ended a recording", stop);
      guard.run("ended a recording", () =>
        spans.end({ endedMs: clock.now(), reason, usage: describeUsage(session, figures) }),
      );
      completing = handOnFile().finally(leaveJob);
    },
  };
  const leaveJob = endWithJob(async () => {
    ending.close("job_shutdown");
    await ending.whenComplete();
  });
  return ending;
}
