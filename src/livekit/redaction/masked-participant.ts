import type { Room, Participant as RoomParticipant } from "@livekit/rtc-node";
import type { Participant } from "../../record/index.js";
import { isTelephoning, kindOf } from "../livekit-facts/participants.js";
import { LONGEST_WATCHED_CHARS, type PhoneNumbers } from "./phone-numbers.js";

/** Attributes that identify a call and hold no number. */
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

/** Learns the numbers of participants who are in a room already, before anything is written. */
export function learnNumbers(room: Room, numbers: PhoneNumbers): void {
  for (const participant of room.remoteParticipants.values()) learnFrom(participant, numbers);
}

/** Learns the numbers of a SIP participant only, because a visitor may set any attribute of their own. */
export function learnFrom(participant: RoomParticipant, numbers: PhoneNumbers): void {
  if (!isTelephoning(participant)) return;
  const { attributes } = participant;
  for (const each of SIP_NUMBERS) {
    const number = attributes[each];
    if (number !== undefined) numbers.learn(number);
  }
}

/** Learns a participant's number, and gives the participant as it may be written. */
export function describeParticipant(
  participant: RoomParticipant,
  numbers: PhoneNumbers,
): Participant {
  const { identity, sid, name, attributes } = participant;
  learnFrom(participant, numbers);
  const sip = Object.entries(isTelephoning(participant) ? attributes : {}).filter(([key]) =>
    numbers.areKept ? key.startsWith("sip.") : SIP_ATTRIBUTES.has(key),
  );
  return {
    identity: nameOf(participant, identity, numbers),
    ...(sid !== undefined && sid !== "" && { id: sid }),
    kind: kindOf(participant),
    ...(name !== undefined && name !== "" && { name: nameOf(participant, name, numbers) }),
    ...(sip.length > 0 && {
      sip: Object.fromEntries(sip.map(([key, value]) => [key, numbers.mask(value)])),
    }),
  };
}

/** An identity or a name as it may be written. Telephony makes a caller's of the number. */
export function nameOf(participant: RoomParticipant, name: string, numbers: PhoneNumbers): string {
  const isMadeOfNumber = isTelephoning(participant) || name.length > LONGEST_WATCHED_CHARS;
  return isMadeOfNumber ? numbers.maskName(name) : numbers.mask(name);
}
