/** Finds out which words of the user cut off which words of the agent, in either order. */
export interface Interruptions {
  /**
   * The user message that cut off an agent message, where it has arrived already. Times in epoch
   * milliseconds: when the agent was first heard, and last.
   */
  by(agentMessageId: string, startedMs: number, cutMs: number): string | undefined;
  /** Notes a user message; gives the agent message that waited for it. */
  onUserMessage(message: UserMessage): string | undefined;
  /** The agent speaks again: what was said before does not cut that off. */
  forget(): void;
}

/** Voice activity detection may date a start a little before the sound it talks over. */
const START_TOLERANCE_MS = 200;
/** Words whose start is not known are taken for the cause when they arrive within this time. */
const TRANSCRIPT_WAIT_MS = 3000;

/** An agent may never speak, in a call of hours. */
const KEPT_MESSAGES = 256;

export function createInterruptions(isUserSpeaking: () => boolean): Interruptions {
  let recent: UserMessage[] = [];
  /** An agent message that was cut off by words whose transcript has not come yet. */
  let waiting: { agentMessageId: string; cutMs: number } | undefined;

  return {
    by(agentMessageId, startedMs, cutMs) {
      const during = recent.filter(
        (message) => (message.startedMs ?? message.arrivedMs) >= startedMs - START_TOLERANCE_MS,
      );
      // Of several it is the last turn that cut; the ones before were let pass.
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

/** A message of the user, as the agent's side needs to know it. */
export interface UserMessage {
  id: string;
  turnId: string;
  startedMs: number | undefined;
  arrivedMs: number;
}
