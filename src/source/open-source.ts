import { fileURLToPath } from "node:url";
import type { ConversationSource } from "./conversation-source.js";
import { type FolderSourceOptions, openFolderSource } from "./folder-source.js";

/** An address with a scheme. A single letter is a Windows drive, so it is no scheme. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/**
 * The source for an address: a folder's path, or its `file:` URL.
 *
 * @throws if there is no source for such addresses
 */
export function openSource(address: string, options: FolderSourceOptions = {}): ConversationSource {
  const scheme = SCHEME.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) return openFolderSource(address, options);
  if (scheme === "file" && URL.canParse(address))
    return openFolderSource(fileURLToPath(address), options);
  throw new Error(
    `Cannot read conversations from a ${scheme} address: there is no source for ${scheme} addresses; give a folder`,
  );
}
