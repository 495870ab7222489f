import { readdir } from "node:fs/promises";
import { showUrl } from "../src/platform/url-secrets.js";
import { createOtlpSender } from "./forward/otlp-sender.js";
import { createSpanForwarder } from "./forward/span-forwarder.js";
import { type TelemetrySettings, spoolDirectoryOf } from "./settings.js";
import { SPOOL_LIMITS } from "./spool/limits.js";
import { parseSpoolName } from "./spool/spool-name.js";

/** What happened to the spans that earlier processes left on disk. */
export interface SendReport {
  directory: string;
  /** The endpoint, without secrets; undefined if nothing is to be sent. */
  url: string | undefined;
  sent: number;
  /** Spans that stay on disk for the next process. */
  waiting: number;
  dropped: number;
  /** Files of processes that run, or of which nobody can tell. */
  filesInUse: number;
}

/**
 * Sends the spans in the spool folder of these settings, as long as the endpoint takes them. Others
 * stay there. Resolves to undefined if no span waits. Never rejects.
 *
 * @param report called with the reason if the endpoint takes nothing, and with what is dropped
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
  // This forwarder has no spans of its own. So shutdown only releases the files that it took over.
  await forwarder.shutdown();
  const filesInUse = waiting > 0 ? 0 : await countFiles(directory);
  return { directory, url, sent, waiting, dropped, filesInUse };
}

async function countFiles(directory: string): Promise<number> {
  const names = await readdir(directory).catch((): string[] => []);
  return names.filter((name) => parseSpoolName(name) !== undefined).length;
}
