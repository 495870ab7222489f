import { type Conversation, extractRecord, isPage, parseConversation } from "../record/index.js";
import { readRegularFile } from "../store/disk/regular-file.js";

/**
 * The conversation in an HTML page that `talktrace export` wrote. Undefined if the file is no page, or
 * cannot be read; then reading it as a conversation tells why.
 *
 * Rejects if it is a page without a whole record.
 */
export async function readPage(path: string): Promise<Conversation | undefined> {
  if (path.endsWith(".json")) return undefined;
  const bytes = await readRegularFile(path).catch(() => undefined);
  const text = bytes?.toString("utf8") ?? "";
  if (!isPage(text)) return undefined;
  const record = extractRecord(text);
  if (record === undefined)
    throw new Error(
      `Cannot read "${path}": there is no whole record in this page; export it again with --format html`,
    );
  return parseConversation(record, path);
}
