import type { voice } from "@livekit/agents";
import type { Room } from "@livekit/rtc-node";

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
  onLinked: (identity: string | undefined) => void,
): void {
  const link = findLink(session);
  if (link === undefined || followed.has(link)) return;
  followed.add(link);
  const setParticipant = link.setParticipant.bind(link);
  link.setParticipant = (identity) => {
    setParticipant(identity);
    onLinked(identity ?? undefined);
  };
  const unsetParticipant = link.unsetParticipant.bind(link);
  link.unsetParticipant = () => {
    unsetParticipant();
    onLinked(undefined);
  };
  const current = link.linkedParticipant?.identity;
  if (current !== undefined) onLinked(current);
}

/** The room of a session that runs already. */
export function findRoom(session: voice.AgentSession): Room | undefined {
  return findLink(session)?.rtcRoom;
}

function findLink(session: voice.AgentSession): RoomLink | undefined {
  const link: unknown = Reflect.get(session, "_roomIO");
  const isLink =
    typeof link === "object" &&
    link !== null &&
    typeof Reflect.get(link, "setParticipant") === "function" &&
    typeof Reflect.get(link, "unsetParticipant") === "function";
  return isLink ? (link as RoomLink) : undefined;
}
