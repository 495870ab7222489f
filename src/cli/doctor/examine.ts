import { readTelemetrySettings } from "../../../otel/settings.js";
import type { DoctorCheck } from "./doctor-check.js";
import { examineEndpoint } from "./endpoint.js";
import { examineFolder } from "./folder.js";
import { examinePackages } from "./packages.js";
import { examineSettings } from "./settings.js";
import { examineSpool } from "./spool.js";

export interface Examined {
  directory: string;
  /** The folder whose `node_modules` the agent uses. */
  project: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Checks everything that recording needs. Never rejects: a part that cannot be examined is a check of
 * its own.
 */
export async function examine({ directory, project, env }: Examined): Promise<DoctorCheck[]> {
  const problems: string[] = [];
  const settings = readTelemetrySettings(env, (problem) => problems.push(problem));
  return [
    ...(await examinePackages(project)),
    ...(await examineFolder(directory, settings.fileMode)),
    ...(await examineSpool(settings, directory)),
    ...(await examineEndpoint(settings)),
    ...examineSettings(env, problems, settings.enabled),
  ];
}
