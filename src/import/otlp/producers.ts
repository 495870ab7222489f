import { genAi } from "./gen-ai.js";
import { livekit } from "./livekit.js";
import { pipecat } from "./pipecat.js";
import type { SpanProducer } from "./span-producer.js";
import { talktraceSpans } from "./talktrace-spans.js";

/** Every software whose spans can be read. Those that know more of a call come first. */
export const SPAN_PRODUCERS: readonly SpanProducer[] = [talktraceSpans, livekit, pipecat, genAi];
