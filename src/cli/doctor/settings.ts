import { TALKTRACE_VARIABLES } from "../../../otel/settings.js";
import { nameNearest } from "../../insight/index.js";
import type { DoctorCheck } from "./doctor-check.js";

/** Checks for unusable settings, and for names that nothing reads. */
export function examineSettings(
  env: NodeJS.ProcessEnv,
  problems: readonly string[],
  isEnabled: boolean,
): DoctorCheck[] {
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith("TALKTRACE_") && !TALKTRACE_VARIABLES.includes(name),
  );
  const checks: DoctorCheck[] = [
    ...problems.map((fact): DoctorCheck => ({ what: "settings", outcome: "warn", fact })),
    ...unknown.map((name): DoctorCheck => ({
      what: "settings",
      outcome: "warn",
      fact: `nothing reads ${name}${nameNearest(name, TALKTRACE_VARIABLES)}`,
      way_out: `TalkTrace reads ${TALKTRACE_VARIABLES.join(", ")}`,
    })),
  ];
  if (!isEnabled)
    checks.push({
      what: "settings",
      outcome: "bad",
      fact: "OTEL_SDK_DISABLED is true, so nothing is recorded",
      way_out: "take the variable away",
    });
  return checks.length > 0
    ? checks
    : [{ what: "settings", outcome: "ok", fact: "every setting is one that is read" }];
}
