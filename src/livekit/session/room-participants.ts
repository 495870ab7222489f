import {
  type RemoteParticipant,
  type Room,
  type Participant as RoomParticipant,
  DisconnectReason,
  RoomEvent,
} from "@livekit/rtc-node";
import { SPAN } from "../../../otel/index.js";
import { type Participant, toTimestamp } from "../../record/index.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { activeSpanContext } from "../livekit-facts/active-span.js";
import { describe, learnFrom, nameOf } from "../redaction/masked-participant.js";
import type { PhoneNumbers } from "../redaction/phone-numbers.js";
import type { SessionNames } from "../redaction/session-names.js";

/** How many participants of one room are kept: an audience is not on the line. */
const MAX_PARTICIPANTS = 100;

export interface RoomParticipants {
  /** The session listens to this one now; undefined for nobody. */
  onLinked(identity: string | undefined): void;
  stop(): void;
}

/** Follows who is in a session's room, and the keys that they press. */
export function followRoom(
  room: Room,
  conversation: ObservedConversation,
  numbers: PhoneNumbers,
  names: SessionNames,
): RoomParticipants {
  const { spans, clock, guard, turns } = conversation;
  /** By identity: of those who are here. */
  const present = new Map<string, Participant>();
  /** Of those who have left, for their names too may turn out to be numbers. */
  const gone: { participant: RemoteParticipant; noted: Participant }[] = [];
  let count = 0;
  let linked: string | undefined;
  let isNamed = false;
  let isStopped = false;

  function write(name: string, participant: Participant): void {
    spans.amendSession(name, { participants: [participant] }, clock.now());
  }

  function join(participant: RemoteParticipant): void {
    const { identity } = participant;
    // One of an audience is not described, but may have a number that stands elsewhere.
    learnFrom(participant, numbers);
    if (present.has(identity) || count >= MAX_PARTICIPANTS) return;
    count += 1;
    const noted: Participant = {
      ...describe(participant, numbers),
      ...(identity === linked && { linked: true }),
      joined_at: toTimestamp(clock.now()),
    };
    present.set(identity, noted);
    write(SPAN.participantJoined, noted);
  }

  function change(participant: RoomParticipant): void {
    learnFrom(participant, numbers);
    const noted = present.get(participant.identity);
    if (noted === undefined) return;
    const changed = { ...noted, ...describe(participant, numbers) };
    if (JSON.stringify(changed) === JSON.stringify(noted)) return;
    present.set(participant.identity, changed);
    write(SPAN.participantChanged, changed);
  }

  function leave(participant: RemoteParticipant): void {
    const { identity, disconnectReason } = participant;
    const noted = present.get(identity);
    if (noted === undefined) return;
    present.delete(identity);
    const reason = disconnectReason === undefined ? undefined : DisconnectReason[disconnectReason];
    const left: Participant = {
      ...noted,
      left_at: toTimestamp(clock.now()),
      ...(reason !== undefined && { left_reason: reason.toLowerCase() }),
    };
    gone.push({ participant, noted: left });
    write(SPAN.participantLeft, left);
  }

  /** Writes those again whose name holds a number that was not known before. */
  function maskAgain(): void {
    for (const participant of room.remoteParticipants.values()) change(participant);
    for (const each of gone) {
      const changed = { ...each.noted, ...describe(each.participant, numbers) };
      if (JSON.stringify(changed) === JSON.stringify(each.noted)) continue;
      each.noted = changed;
      write(SPAN.participantChanged, changed);
    }
  }

  /** The room says who is there once it is connected, which a session does by itself. */
  function look(): void {
    for (const participant of room.remoteParticipants.values()) join(participant);
    if (isNamed || !room.isConnected || room.name === undefined) return;
    isNamed = true;
    const { name } = room;
    void Promise.resolve(room.getSid()).then(
      (id) =>
        guard.run("saw a room", () => {
          if (isStopped) return;
          // In the meantime somebody may have come whose number it holds.
          const amendment = { room: names.mask("room", name), ...(id !== "" && { room_id: id }) };
          spans.amendSession(SPAN.sessionAmended, amendment, clock.now());
        }),
      // The room is gone already: then there is no id to tell.
      () => undefined,
    );
  }

  function press(code: number, digit: string, participant: RemoteParticipant | undefined): void {
    const data = {
      digit,
      code,
      ...(participant === undefined
        ? {}
        : { participant: nameOf(participant, participant.identity, numbers) }),
    };
    spans.event(
      { type: "dtmf", atMs: clock.now(), turnId: turns.latest()?.id, data },
      activeSpanContext(),
    );
  }

  const listeners: [RoomEvent, (...args: never[]) => void][] = [
    [RoomEvent.Connected, look],
    [RoomEvent.ConnectionStateChanged, look],
    [RoomEvent.ParticipantConnected, join],
    [RoomEvent.ParticipantDisconnected, leave],
    [
      RoomEvent.ParticipantAttributesChanged,
      (_changed: object, participant: RoomParticipant) => change(participant),
    ],
    [
      RoomEvent.ParticipantNameChanged,
      (_name: string, participant: RoomParticipant) => change(participant),
    ],
    [RoomEvent.DtmfReceived, press],
  ];
  const emitter = room as unknown as {
    on(name: string, listen: (...args: unknown[]) => void): void;
    off(name: string, listen: (...args: unknown[]) => void): void;
  };
  const attached = listeners.map(([name, listen]) => {
    const guarded = (...args: unknown[]): void =>
      guard.run(`handled "${name}" of the room`, () =>
        (listen as (...args: unknown[]) => void)(...args),
      );
    emitter.on(name, guarded);
    return () => emitter.off(name, guarded);
  });
  const stopMasking = numbers.onLearnt(() => guard.run("masked a name", maskAgain));
  look();

  return {
    onLinked(identity) {
      if (identity === linked || isStopped) return;
      const before = linked;
      linked = identity;
      const noted = identity === undefined ? undefined : present.get(identity);
      if (noted !== undefined && identity !== undefined && noted.linked !== true) {
        const changed: Participant = { ...noted, linked: true };
        present.set(identity, changed);
        write(SPAN.participantChanged, changed);
      }
      // The first is who was there from the beginning.
      if (before === undefined) return;
      const nameIn = (one: string | undefined) =>
        one === undefined ? null : (present.get(one)?.identity ?? numbers.maskName(one));
      spans.event(
        {
          type: "participant_linked",
          atMs: clock.now(),
          turnId: turns.latest()?.id,
          data: { from: nameIn(before), to: nameIn(identity) },
        },
        activeSpanContext(),
      );
    },
    stop() {
      isStopped = true;
      stopMasking();
      attached.forEach((detach) => detach());
    },
  };
}
