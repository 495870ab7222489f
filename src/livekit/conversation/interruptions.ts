/**
 * Finds which words of the user interrupted which words of the agent. The transcript may come before
 * the playback has stopped, or after it.
 */
export interface Interruptions {
  /**
   * The id of the user message that interrupted an agent message; undefined if it has not come yet.
   * `startedMs` and `cutMs` are epoch milliseconds: when the agent was first heard, and last.
   */
  by(agentMessageId: string, startedMs: number, cutMs: number): string | undefined;
  /**
   * Notes a user message. Returns the id of the agent message that it interrupted, if that one waited
   * for its cause.
   */
  onUserMessage(message: UserMessage): string | undefined;
  /** The agent speaks again. Words said before do not interrupt this new speech. */
  forget(): void;
}

/** Voice activity detection may date words a little before the reply that they interrupt. */
const START_TOLERANCE_MS = 200;
/** If the start of words is unknown, they are the cause only if their transcript comes within this time. */
const TRANSCRIPT_WAIT_MS = 3000;

/** In a call of hours the agent may never speak, so only this many messages are kept. */
const KEPT_MESSAGES = 256;

export function createInterruptions(isUserSpeaking: () => boolean): Interruptions {
  let recent: UserMessage[] = [];
  /** An interrupted agent message whose cause is still to be transcribed. */
  let waiting: { agentMessageId: string; cutMs: number } | undefined;

  return {
    by(agentMessageId, startedMs, cutMs) {
      const during = recent.filter(
        (message) => (message.startedMs ?? message.arrivedMs) >= startedMs - START_TOLERANCE_MS,
      );
      // If the user spoke in several turns, the last one interrupted: LiveKit let the earlier ones pass.
      const lastTurn = during.at(-1)?.turnId;
      const first = during.find((message) => message.turnId === lastTurn);
      if (first === undefined && isUserSpeaking()) waiting = { agentMessageId, cutMs };
      return first?.id;
    },
    onUserMessage(message) {
      recent.push(message);
      if (recent.length > KEPT_MESSAGES) recent.shift();
      const cutOff = waiting;
      waiting = undefined;
      if (cutOff === undefined) return undefined;
      // Words that began after the cut did not cause it.
      const isCause =
        message.startedMs === undefined
          ? message.arrivedMs <= cutOff.cutMs + TRANSCRIPT_WAIT_MS
          : message.startedMs <= cutOff.cutMs + START_TOLERANCE_MS;
      return isCause ? cutOff.agentMessageId : undefined;
    },
    forget() {
      recent = [];
      waiting = undefined;
    },
  };
}

/**
 * A message of the user. Times in epoch milliseconds; `startedMs` is undefined if the start is not
 * known.
 */
export interface UserMessage {
  id: string;
  turnId: string;
  startedMs: number | undefined;
  arrivedMs: number;
}
