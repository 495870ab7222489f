import type { Context } from "@opentelemetry/api";
import { ATTR, OPERATION, SPAN } from "./attributes.js";
import { type StartSpan, finish, spanName } from "./open-span.js";
import { encodePlain } from "./plain-attributes.js";
import {
  audioAttributes,
  defined,
  messageAttributes,
  serviceAttributes,
  wordAttributes,
} from "./span-attributes.js";
import type { Transcript } from "./span-data.js";

/** Writes the span of one transcript, from the start of the user's speech to the transcript's arrival. */
export function writeTranscriptSpan(
  startSpan: StartSpan,
  transcript: Transcript,
  parent: Context,
): void {
  const startMs = transcript.startedMs ?? transcript.timestampMs;
  const span = startSpan(
    spanName(SPAN.speechToText, transcript.model),
    {
      ...serviceAttributes(transcript, OPERATION.speechToText),
      [ATTR.outputType]: "text",
      ...messageAttributes({ ...transcript, role: "user" }),
      ...defined({
        [ATTR.startedAt]: transcript.startedMs,
        [ATTR.endedAt]: transcript.endedMs,
        [ATTR.interrupts]: transcript.interrupts,
      }),
      ...encodePlain("user", transcript),
      ...wordAttributes(transcript.words),
      ...audioAttributes({
        ...transcript.sound,
        ...(transcript.durationS === undefined ? {} : { duration_s: transcript.durationS }),
      }),
    },
    startMs,
    parent,
  );
  finish(span, startMs, transcript.timestampMs);
}
