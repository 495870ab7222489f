import { DEFAULT_API_CONNECT_OPTIONS, type voice } from "@livekit/agents";
import { isOfOwnCopy } from "../livekit-facts/livekit-copies.js";
import { valueAt } from "../livekit-facts/private-property.js";

const connectOptions = new WeakMap<object, readonly object[]>();
/** Owners whose session comes from the same copy of LiveKit as ours, so both have the same defaults. */
const ownersOfOwnCopy = new WeakSet<object>();

/** Notes the options with which LiveKit's own nodes call a session's models. Each session has its own. */
export function noteConnectOptions(owner: object, session: voice.AgentSession): void {
  const { sttConnOptions, llmConnOptions, ttsConnOptions } = session.connOptions;
  connectOptions.set(owner, [sttConnOptions, llmConnOptions, ttsConnOptions]);
  if (isOfOwnCopy(session)) ownersOfOwnCopy.add(owner);
}

/** Whether a call of a model has the option object of the owner's session. */
export function isOfSession(connOptions: unknown, owner: object): boolean {
  if (typeof connOptions !== "object" || connOptions === null) return false;
  if (connOptions === DEFAULT_API_CONNECT_OPTIONS) return false;
  return connectOptions.get(owner)?.includes(connOptions) === true;
}

/**
 * Whether a call of a model may belong to the owner's session, as far as its options tell. Other
 * options than the session's come from an adapter or from somebody else.
 */
export function mayBeOfSession(connOptions: unknown, owner: object): boolean {
  const own = connectOptions.get(owner);
  return connOptions === undefined || own === undefined || own.includes(connOptions as object);
}

/**
 * Whether a call of a model comes from another session than the owner's. The agent's own node may give
 * any options, or none. So only options count that equal LiveKit's defaults and are not the owner's
 * object, because another session made those.
 */
export function isOfAnotherSession(connOptions: unknown, owner: object): boolean {
  const own = connectOptions.get(owner);
  if (typeof connOptions !== "object" || connOptions === null || own === undefined) return false;
  if (connOptions === DEFAULT_API_CONNECT_OPTIONS || own.includes(connOptions)) return false;
  if (!ownersOfOwnCopy.has(owner)) return false;
  const defaults = Object.entries(DEFAULT_API_CONNECT_OPTIONS);
  return (
    Object.keys(connOptions).length === defaults.length &&
    defaults.every(([name, value]) => valueAt(connOptions, name) === value)
  );
}
