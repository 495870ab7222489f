/** The types of TalkTrace's own events. */
export const EVENT_TYPES = [
  "tool_call",
  "agent_handoff",
  "false_interruption",
  "dtmf",
  "participant_linked",
  "error",
  "implausible_figure",
  "reply_stopped",
  "user_away",
  "user_returned",
  "transcription_timeout",
  "service_switch",
] as const;
