import type { ImportFormat } from "./import-format.js";
import { livekitReport } from "./livekit-report.js";
import { talktraceJson } from "./talktrace-json.js";
import { textLines } from "./text-lines.js";

/**
 * Every form that can be imported. A file is of the first one that recognises it. Each form asks for
 * content that no other one has, which a test holds.
 */
export const IMPORT_FORMATS: readonly ImportFormat[] = [talktraceJson, livekitReport, textLines];
