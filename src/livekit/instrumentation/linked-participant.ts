import type { voice } from "@livekit/agents";
import type { Room } from "@livekit/rtc-node";
import { hasMethods, valueAt } from "../livekit-facts/private-property.js";
import type { Guard } from "./guard.js";
import { wrapMethod } from "./wrap-method.js";

/** LiveKit's `RoomIO`, which a session keeps to itself. */
interface RoomLink {
  readonly rtcRoom?: Room;
  readonly linkedParticipant?: { identity: string } | undefined;
  setParticipant(identity: string | null): void;
  unsetParticipant(): void;
}

const followed = new WeakSet<RoomLink>();

/**
 * Tells whom a session listens to, now and whenever that changes. Where LiveKit's link to the room
 * is not found nothing is told: the participants are known without it.
 */
export function followLinkedParticipant(
  session: voice.AgentSession,
  guard: Guard,
  onLinked: (identity: string | undefined) => void,
): void {
  const link = findLink(session);
  if (link === undefined || followed.has(link)) return;
  followed.add(link);
  const what = "saw another participant";
  wrapMethod(link, "setParticipant", guard, what, (identity) => ({
    onResult: () => onLinked(identity ?? undefined),
  }));
  wrapMethod(link, "unsetParticipant", guard, what, () => ({
    onResult: () => onLinked(undefined),
  }));
  const current = link.linkedParticipant?.identity;
  if (current !== undefined) guard.run(what, () => onLinked(current));
}

/** The room of a session that runs already. */
export function findRoom(session: voice.AgentSession): Room | undefined {
  return findLink(session)?.rtcRoom;
}

function findLink(session: voice.AgentSession): RoomLink | undefined {
  const link = valueAt(session, "_roomIO");
  return hasMethods(link, ["setParticipant", "unsetParticipant"]) ? (link as RoomLink) : undefined;
}
