// Starts telemetry in a working directory that was removed, and records a call: `DIRECTORY`.
// Prints what it tells, one JSON text a line, and then "ended".
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTelemetry } from "../../../dist/src/index.js";
import { startConversation } from "../../../dist/otel/index.js";

const [, , directory] = process.argv;
const gone = mkdtempSync(join(tmpdir(), "talktrace-gone-"));
process.chdir(gone);
rmSync(gone, { recursive: true });

const tell = (line) => console.log(JSON.stringify(line));
const telemetry = startTelemetry({ directory, reportProblem: tell });
const session = { id: "s1", started_at: "2025-08-18T14:30:22.000000+00:00", software: {} };
const spans = startConversation(telemetry.tracer(), session, "RM_1", Date.now());
spans.end({ endedMs: Date.now() });
await telemetry.shutdown();
tell("ended");
