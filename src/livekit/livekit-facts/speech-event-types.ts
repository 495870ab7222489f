import { stt } from "@livekit/agents";

/** The types of an STT's `SpeechEvent` that we read. */
export const { START_OF_SPEECH, INTERIM_TRANSCRIPT, PREFLIGHT_TRANSCRIPT, FINAL_TRANSCRIPT } =
  stt.SpeechEventType;
