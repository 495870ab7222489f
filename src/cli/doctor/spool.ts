import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { TelemetrySettings } from "../../../otel/settings.js";
import { DAMAGED_SUFFIX } from "../../../otel/spool/spool-name.js";
import { DAY_MS } from "../../platform/keep-days.js";
import type { DoctorCheck } from "./doctor-check.js";

/** Spans that wait on disk for their endpoint. */
export async function examineSpool(
  { spool, spoolDirectory, tracesUrl }: TelemetrySettings,
  directory: string,
): Promise<DoctorCheck[]> {
  if (tracesUrl === undefined) return [];
  if (!spool)
    return [
      { what: "spool", outcome: "ok", fact: "spans wait in memory alone (TALKTRACE_SPOOL=0)" },
    ];
  const folder = spoolDirectory ?? join(directory, ".spool");
  const names = await readdir(folder).catch(() => [] as string[]);
  const files = await Promise.all(
    names.map(async (name) => ({
      name,
      found: await stat(join(folder, name)).catch(() => undefined),
    })),
  );
  const waiting = files.flatMap(({ name, found }) => (found?.isFile() ? [{ name, found }] : []));
  const damaged = waiting.filter(({ name }) => name.endsWith(DAMAGED_SUFFIX)).length;
  const bytes = waiting.reduce((sum, { found }) => sum + found.size, 0);
  if (waiting.length === 0)
    return [{ what: "spool", outcome: "ok", fact: `no span waits in "${folder}"` }];
  const oldestMs = Math.min(...waiting.map(({ found }) => found.mtimeMs));
  const days = Math.floor((Date.now() - oldestMs) / DAY_MS);
  const fact = `${waiting.length} files of spans wait in "${folder}" (${Math.ceil(bytes / 1024)} KiB${days > 0 ? `, the oldest ${days} days` : ""})`;
  if (damaged > 0)
    return [
      {
        what: "spool",
        outcome: "warn",
        fact: `${fact}, ${damaged} of them set aside as damaged`,
        way_out: "look at the damaged ones, then remove them",
      },
    ];
  if (days === 0) return [{ what: "spool", outcome: "ok", fact }];
  return [
    {
      what: "spool",
      outcome: "warn",
      fact,
      way_out: "see that the endpoint takes spans; they are dropped after 7 days",
    },
  ];
}
