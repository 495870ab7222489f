import type { RemoteParticipant, Room, Participant as RoomParticipant } from "@livekit/rtc-node";
import { SPAN } from "../../../otel/index.js";
import { type Participant, toTimestamp } from "../../record/index.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { followRoomEvents } from "../instrumentation/room-events.js";
import { activeSpanContext } from "../livekit-facts/active-span.js";
import { leaveReasonOf } from "../livekit-facts/participants.js";
import { describeParticipant, learnFrom, nameOf } from "../redaction/masked-participant.js";
import type { PhoneNumbers } from "../redaction/phone-numbers.js";
import type { SessionNames } from "../redaction/session-names.js";

/**
 * How many participants of one room are described. A larger room has an audience, which takes no part
 * in the call.
 */
const MAX_PARTICIPANTS = 100;

export interface RoomParticipants {
  /** The session now listens to this participant; undefined means to nobody. */
  onLinked(identity: string | undefined): void;
  stop(): void;
}

/** A participant who is or was here, and what is written about them. */
interface Known {
  participant: RoomParticipant;
  noted: Participant;
  stopWatching(): void;
}

/** Follows who is in a session's room, and which keys they press (DTMF). */
export function followRoom(
  room: Room,
  conversation: ObservedConversation,
  numbers: PhoneNumbers,
  names: SessionNames,
): RoomParticipants {
  const roster = createRoster(conversation, numbers);
  const { guard } = conversation;
  let isNamed = false;
  let isStopped = false;

  /** Reads who is in the room. The room knows it once it is connected, which the session does. */
  function look(): void {
    for (const participant of room.remoteParticipants.values()) roster.join(participant);
    if (isNamed || !room.isConnected || room.name === undefined) return;
    isNamed = true;
    const { name } = room;
    void Promise.resolve(room.getSid()).then(
      (id) => guard.run("saw a room", () => nameRoom(name, id)),
      // The room is closed already, so it has no id.
      () => undefined,
    );
  }

  function nameRoom(name: string, id: string): void {
    if (isStopped) return;
    const { spans, clock } = conversation;
    // Mask now, because a participant whose number is in the room's name may have joined meanwhile.
    const amendment = { room: names.mask("room", name), ...(id !== "" && { room_id: id }) };
    spans.amendSession(SPAN.sessionAmended, amendment, clock.now());
  }

  const stopFollowing = followRoomEvents(room, guard, {
    onConnection: look,
    onJoin: roster.join,
    onLeave: roster.leave,
    onChange: roster.change,
    onKey(code, digit, participant) {
      const identity =
        participant === undefined
          ? {}
          : { participant: nameOf(participant, participant.identity, numbers) };
      writeEvent(conversation, "dtmf", { digit, code, ...identity });
    },
  });
  look();

  return {
    onLinked(identity) {
      if (!isStopped) roster.link(identity);
    },
    stop() {
      isStopped = true;
      roster.stop();
      stopFollowing();
    },
  };
}

/**
 * Writes who joins, changes and leaves. A participant is written again when a number in their name
 * becomes known.
 */
function createRoster(conversation: ObservedConversation, numbers: PhoneNumbers) {
  const { spans, clock, guard } = conversation;
  /** Participants who are here, by identity. */
  const present = new Map<string, Known>();
  /** Participants who have left, because a number in their names may still become known. */
  const gone: Known[] = [];
  let count = 0;
  let linked: string | undefined;

  function write(name: string, participant: Participant): void {
    spans.amendSession(name, { participants: [participant] }, clock.now());
  }

  function writeAgain(known: Known): void {
    const changed = { ...known.noted, ...describeParticipant(known.participant, numbers) };
    if (JSON.stringify(changed) === JSON.stringify(known.noted)) return;
    known.noted = changed;
    write(SPAN.participantChanged, changed);
  }

  /** Waits until a number becomes known that is in a participant's name, identity or attributes. */
  function watch(known: Known): void {
    const { identity, name, attributes } = known.participant;
    const texts = [identity, name ?? "", ...Object.values(attributes)];
    const again = () => guard.run("masked a name", () => writeAgain(known));
    const stops = texts.map((text) => numbers.watch(text, again));
    known.stopWatching();
    known.stopWatching = () => stops.forEach((stop) => stop());
  }

  return {
    join(participant: RemoteParticipant): void {
      const { identity } = participant;
      // A participant above the limit is not described. But their number may appear in other places.
      learnFrom(participant, numbers);
      if (present.has(identity) || count >= MAX_PARTICIPANTS) return;
      count += 1;
      const noted: Participant = {
        ...describeParticipant(participant, numbers),
        ...(identity === linked && { linked: true }),
        joined_at: toTimestamp(clock.now()),
      };
      const known: Known = { participant, noted, stopWatching: () => undefined };
      present.set(identity, known);
      watch(known);
      write(SPAN.participantJoined, noted);
    },
    change(participant: RoomParticipant): void {
      learnFrom(participant, numbers);
      const known = present.get(participant.identity);
      if (known === undefined) return;
      known.participant = participant;
      watch(known);
      writeAgain(known);
    },
    leave(participant: RemoteParticipant): void {
      const known = present.get(participant.identity);
      if (known === undefined) return;
      present.delete(participant.identity);
      const reason = leaveReasonOf(participant);
      known.participant = participant;
      known.noted = {
        ...known.noted,
        left_at: toTimestamp(clock.now()),
        ...(reason !== undefined && { left_reason: reason }),
      };
      gone.push(known);
      write(SPAN.participantLeft, known.noted);
    },
    link(identity: string | undefined): void {
      if (identity === linked) return;
      const before = linked;
      linked = identity;
      const known = identity === undefined ? undefined : present.get(identity);
      if (known !== undefined && known.noted.linked !== true) {
        known.noted = { ...known.noted, linked: true };
        write(SPAN.participantChanged, known.noted);
      }
      // The first link is no change: that participant was linked from the beginning.
      if (before === undefined) return;
      const nameIn = (one: string | undefined) =>
        one === undefined ? null : (present.get(one)?.noted.identity ?? numbers.maskName(one));
      writeEvent(conversation, "participant_linked", {
        from: nameIn(before),
        to: nameIn(identity),
      });
    },
    stop(): void {
      for (const { stopWatching } of [...present.values(), ...gone]) stopWatching();
    },
  };
}

function writeEvent(
  { spans, clock, turns }: ObservedConversation,
  type: string,
  data: { [key: string]: string | number | null },
): void {
  spans.event({ type, atMs: clock.now(), turnId: turns.latest()?.id, data }, activeSpanContext());
}
