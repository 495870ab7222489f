import { deepgram } from "./deepgram.js";
import { elevenlabs } from "./elevenlabs.js";
import type { ImportFormat } from "./import-format.js";
import { livekitReport } from "./livekit-report.js";
import { otlpTraces } from "./otlp-traces.js";
import { retell } from "./retell.js";
import { talktraceJson } from "./talktrace-json.js";
import { talktracePage } from "./talktrace-page.js";
import { textLines } from "./text-lines.js";
import { vapi } from "./vapi.js";
import { vcon } from "./vcon.js";

/**
 * Every form that can be imported. A file is of the first one that recognises it. Each form asks for
 * content that no other one has, which a test holds.
 */
export const IMPORT_FORMATS: readonly ImportFormat[] = [
  talktraceJson,
  talktracePage,
  livekitReport,
  otlpTraces,
  vcon,
  retell,
  vapi,
  elevenlabs,
  deepgram,
  textLines,
];
