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

/** How many participants of one room are kept: an audience is not on the line. */
const MAX_PARTICIPANTS = 100;

export interface RoomParticipants {
  /** The session listens to this one now; undefined for nobody. */
  onLinked(identity: string | undefined): void;
  stop(): void;
}

/** Somebody who is or was here, with what is written of them. */
interface Known {
  participant: RoomParticipant;
  noted: Participant;
  stopWatching(): void;
}

/** Follows who is in a session's room, and the keys that they press. */
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

  /** The room says who is there once it is connected, which a session does by itself. */
  function look(): void {
    for (const participant of room.remoteParticipants.values()) roster.join(participant);
    if (isNamed || !room.isConnected || room.name === undefined) return;
    isNamed = true;
    const { name } = room;
    void Promise.resolve(room.getSid()).then(
      (id) => guard.run("saw a room", () => nameRoom(name, id)),
      // The room is gone already: then there is no id to tell.
      () => undefined,
    );
  }

  function nameRoom(name: string, id: string): void {
    if (isStopped) return;
    const { spans, clock } = conversation;
    // In the meantime somebody may have come whose number it holds.
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

/** Writes who comes, changes and leaves, each again when a number in a name has become known. */
function createRoster(conversation: ObservedConversation, numbers: PhoneNumbers) {
  const { spans, clock, guard } = conversation;
  /** By identity: of those who are here. */
  const present = new Map<string, Known>();
  /** Of those who have left, for their names too may turn out to be numbers. */
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

  /** Waits for numbers that stand in a name of somebody who is here or was. */
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
      // One of an audience is not described, but may have a number that stands elsewhere.
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
      // The first is who was there from the beginning.
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
