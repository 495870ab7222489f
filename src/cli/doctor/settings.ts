import {
  TALKTRACE_VARIABLES,
  describeUnknownVariable,
  findUnknownVariables,
} from "../../../otel/own-variables.js";
import type { DoctorCheck } from "./doctor-check.js";

/** Checks for unusable settings, and for names that nothing reads. */
export function examineSettings(
  env: NodeJS.ProcessEnv,
  problems: readonly string[],
  isEnabled: boolean,
): DoctorCheck[] {
  const checks: DoctorCheck[] = [
    ...problems.map((fact): DoctorCheck => ({ what: "settings", outcome: "warn", fact })),
    ...findUnknownVariables(env).map((name): DoctorCheck => ({
      what: "settings",
      outcome: "warn",
      fact: describeUnknownVariable(name),
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
