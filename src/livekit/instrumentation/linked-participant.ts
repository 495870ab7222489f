import type { voice } from "@livekit/agents";
import type { Room } from "@livekit/rtc-node";
import { hasMethods, isObject, valueAt } from "../livekit-facts/private-property.js";
import type { Guard } from "./guard.js";
import { wrapMethod } from "./wrap-method.js";

/** LiveKit's `RoomIO`, which a session keeps private. */
interface RoomLink {
  setParticipant(identity: string | null): void;
  unsetParticipant(): void;
}

/**
 * Calls `onLinked` with the participant that a session listens to, now and at each change. Returns a
 * function that stops this, or undefined if LiveKit's link to the room is not found (yet). The
 * participants themselves are known without it.
 */
export function followLinkedParticipant(
  session: voice.AgentSession,
  guard: Guard,
  onLinked: (identity: string | undefined) => void,
): (() => void) | undefined {
  const link = findLink(session);
  if (link === undefined) return undefined;
  const what = "saw another participant";
  const unwraps = [
    wrapMethod(link, "setParticipant", guard, what, (identity) => ({
      onResult: () => onLinked(identity ?? undefined),
    })),
    wrapMethod(link, "unsetParticipant", guard, what, () => ({
      onResult: () => onLinked(undefined),
    })),
  ];
  const current = valueAt(link, "linkedParticipant", "identity");
  if (typeof current === "string") guard.run(what, () => onLinked(current));
  return () => unwraps.forEach((unwrap) => unwrap());
}

/** The room of a session that is already running. */
export function findRoom(session: voice.AgentSession): Room | undefined {
  const room = valueAt(findLink(session), "rtcRoom");
  return isObject(room) ? (room as Room) : undefined;
}

function findLink(session: voice.AgentSession): RoomLink | undefined {
  const link = valueAt(session, "_roomIO");
  return hasMethods(link, ["setParticipant", "unsetParticipant"]) ? (link as RoomLink) : undefined;
}
