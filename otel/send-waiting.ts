import { readdir } from "node:fs/promises";
import { showUrl } from "../src/platform/url-secrets.js";
import { createOtlpSender } from "./forward/otlp-sender.js";
import { createSpanForwarder } from "./forward/span-forwarder.js";
import { type TelemetrySettings, spoolDirectoryOf } from "./settings.js";
import { SPOOL_LIMITS } from "./spool/limits.js";
import { parseSpoolName } from "./spool/spool-name.js";

/** What became of the spans that earlier processes left on disk. */
export interface SendReport {
  directory: string;
  /** Where they go, without secrets; undefined when nothing is to be sent. */
  url: string | undefined;
  sent: number;
  /** They stay for the next process. */
  waiting: number;
  dropped: number;
  /** Files of processes that live, or that cannot be asked. */
  filesInUse: number;
}

/**
 * Sends what waits in the spool folder of these settings, for as long as the endpoint takes it. What
 * it does not take stays where it is. Resolves to undefined when nothing waits; never rejects.
 *
 * @param report Gets the reason when the endpoint takes nothing, and what is dropped.
 */
export async function sendWaiting(
  settings: TelemetrySettings,
  report: (line: string) => void,
): Promise<SendReport | undefined> {
  const directory = spoolDirectoryOf(settings);
  const found = await countFiles(directory);
  if (found === 0) return undefined;
  const { tracesUrl, exportTimeoutMs, tracesProtocol: protocol } = settings;
  const nothing = { directory, sent: 0, waiting: 0, dropped: 0, filesInUse: found };
  if (tracesUrl === undefined) return { ...nothing, url: undefined };
  const url = showUrl(tracesUrl);
  const forwarder = createSpanForwarder({
    diskUse: "always",
    directory,
    sender: createOtlpSender(tracesUrl, exportTimeoutMs, { protocol }),
    url,
    report,
    limits: SPOOL_LIMITS,
  });
  await forwarder.adopt();
  let before: number;
  do {
    before = forwarder.counts().waiting;
    if (before > 0) await forwarder.flush();
  } while (forwarder.counts().waiting < before && !forwarder.asksToWait());
  const { sent, dropped, waiting } = forwarder.counts();
  // Nothing of its own waits, so that it can only let go of what it took over.
  await forwarder.shutdown();
  const filesInUse = waiting > 0 ? 0 : await countFiles(directory);
  return { directory, url, sent, waiting, dropped, filesInUse };
}

async function countFiles(directory: string): Promise<number> {
  const names = await readdir(directory).catch((): string[] => []);
  return names.filter((name) => parseSpoolName(name) !== undefined).length;
}
