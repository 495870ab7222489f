import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { voice } from "@livekit/agents";
import { isObject, valueAt } from "./private-property.js";

const PACKAGE = "@livekit/agents";
/** The package's folder in the path of one of its files. */
const FOLDER = /^(.*[\\/]@livekit[\\/]agents)[\\/]/;
/** The text before the path in a line of a stack. */
const BEFORE_PATH = /^ *at (?:.*\()?(?=file:|[A-Za-z]:[\\/]|\/)/;

/** Whether a session comes from the copy of LiveKit's package that TalkTrace has loaded. */
export function isOfOwnCopy(session: voice.AgentSession): boolean {
  return session instanceof voice.AgentSession;
}

/**
 * Describes what is lost for a session of another copy of LiveKit's package, and the way out; undefined
 * for our own copy. Copies share no state. So LiveKit's modules of our copy do not know the session's
 * job, tracer and plugins.
 */
export function describeOtherCopy(session: voice.AgentSession): string | undefined {
  if (isOfOwnCopy(session)) return undefined;
  const own = folderOf(import.meta.resolve(PACKAGE)) ?? PACKAGE;
  const lost =
    "the conversation is recorded, without the job's id and metadata and maybe without LiveKit's own spans";
  const required = findRequired(session);
  if (required !== undefined)
    return (
      `This session is of the CommonJS build of ${PACKAGE} ("${required}"), TalkTrace has the ES modules ("${own}"): ` +
      `${lost}; compile the agent to ES modules ("type": "module" in package.json, "module": "nodenext" in tsconfig.json)`
    );
  const other = findInStack(session);
  return (
    `This session is of another copy of ${PACKAGE}${other === undefined ? "" : ` ("${other}")`} than TalkTrace's ("${own}"): ` +
    `${lost}; install one copy for both (\`npm ls ${PACKAGE}\` shows them)`
  );
}

/** The folder of a copy that was loaded by `require()`. */
function findRequired(session: voice.AgentSession): string | undefined {
  const { cache } = createRequire(import.meta.url);
  const file = Object.keys(cache).find((path) => {
    if (folderOf(path) === undefined) return false;
    const made = valueAt(cache[path], "exports", "voice", "AgentSession");
    return typeof made === "function" && session instanceof made;
  });
  return file === undefined ? undefined : folderOf(file);
}

/** The folder of the code that throws: a session that does not run throws when asked for its agent. */
function findInStack(session: voice.AgentSession): string | undefined {
  try {
    void session.currentAgent;
    return undefined;
  } catch (error) {
    const stack = isObject(error) ? valueAt(error, "stack") : undefined;
    if (typeof stack !== "string") return undefined;
    for (const line of stack.split("\n")) {
      const folder = folderOf(line.replace(BEFORE_PATH, ""));
      if (folder !== undefined) return folder;
    }
    return undefined;
  }
}

function folderOf(file: string): string | undefined {
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  return FOLDER.exec(path)?.[1];
}
