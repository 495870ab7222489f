import { type Participant, ParticipantKind } from "@livekit/rtc-node";
import { expect, it } from "vitest";
import {
  describeParticipant,
  learnFrom,
} from "../../../src/livekit/redaction/masked-participant.js";
import { createPhoneNumbers } from "../../../src/livekit/redaction/phone-numbers.js";

function participant(kind: ParticipantKind, number: string): Participant {
  const attributes = { "sip.phoneNumber": number, "sip.callID": "SCL_1" };
  return { identity: "visitor", sid: "PA_1", name: "", kind, attributes } as unknown as Participant;
}

it("A visitor's attribute is nobody's number, because visitors set their own attributes", () => {
  const numbers = createPhoneNumbers(false);
  learnFrom(participant(ParticipantKind.STANDARD, "2025112"), numbers);
  expect(numbers.mask("room-2025112")).toBe("room-2025112");
  learnFrom(participant(ParticipantKind.SIP, "2025112"), numbers);
  expect(numbers.mask("room-2025112")).toBe("room-[number]");
});

it("A caller is described by the call's ids, and a visitor who has set them is not", () => {
  const numbers = createPhoneNumbers(false);
  const caller = describeParticipant(participant(ParticipantKind.SIP, "+15105550100"), numbers);
  expect(caller).toMatchObject({ kind: "sip", sip: { "sip.callID": "SCL_1" } });
  expect(
    describeParticipant(participant(ParticipantKind.STANDARD, "+15105550100"), numbers),
  ).not.toHaveProperty("sip");
});

it("An attribute of 3,000 digits, or of a million, is no number and harms nobody", () => {
  for (const count of [500, 3000, 1_000_000]) {
    const numbers = createPhoneNumbers(false);
    const digits = "7".repeat(count);
    learnFrom(participant(ParticipantKind.SIP, digits), numbers);
    expect(numbers.mask("room 7777777")).toBe("room 7777777");
  }
});
