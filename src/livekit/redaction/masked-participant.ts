import { type Room, type Participant as RoomParticipant, ParticipantKind } from "@livekit/rtc-node";
import type { Participant } from "../../record/index.js";
import type { PhoneNumbers } from "./phone-numbers.js";

/** What tells one call from another, and nobody's number. */
const SIP_ATTRIBUTES: ReadonlySet<string> = new Set([
  "sip.callID",
  "sip.callIDFull",
  "sip.callStatus",
  "sip.hostname",
  "sip.ruleID",
  "sip.trunkID",
  "sip.twilio.accountSid",
  "sip.twilio.callSid",
]);

const SIP_NUMBERS = ["sip.phoneNumber", "sip.trunkPhoneNumber"];

/** Learns the numbers of those who are in a room already, before anything is written. */
export function learnNumbers(room: Room, numbers: PhoneNumbers): void {
  for (const participant of room.remoteParticipants.values()) learnFrom(participant, numbers);
}

export function learnFrom({ attributes }: RoomParticipant, numbers: PhoneNumbers): void {
  for (const each of SIP_NUMBERS) {
    const number = attributes[each];
    if (number !== undefined) numbers.learn(number);
  }
}

export function describe(participant: RoomParticipant, numbers: PhoneNumbers): Participant {
  const { identity, sid, name, kind, attributes } = participant;
  learnFrom(participant, numbers);
  const sip = Object.entries(attributes).filter(([key]) =>
    numbers.areKept ? key.startsWith("sip.") : SIP_ATTRIBUTES.has(key),
  );
  return {
    identity: nameOf(participant, identity, numbers),
    ...(sid !== undefined && sid !== "" && { id: sid }),
    kind: ParticipantKind[kind]?.toLowerCase() ?? String(kind),
    ...(name !== undefined && name !== "" && { name: nameOf(participant, name, numbers) }),
    ...(sip.length > 0 && {
      sip: Object.fromEntries(sip.map(([key, value]) => [key, numbers.mask(value)])),
    }),
  };
}

export function nameOf({ kind }: RoomParticipant, name: string, numbers: PhoneNumbers): string {
  return kind === ParticipantKind.SIP ? numbers.maskName(name) : numbers.mask(name);
}
