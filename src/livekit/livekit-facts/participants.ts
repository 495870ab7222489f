import { DisconnectReason, type Participant, ParticipantKind } from "@livekit/rtc-node";

/** Whether somebody is on the telephone: LiveKit's SIP service says so, and nobody by themselves. */
export function isTelephoning({ kind }: Pick<Participant, "kind">): boolean {
  return kind === ParticipantKind.SIP;
}

/** The kind of a participant by LiveKit's name in lower case, e.g. `sip`, `agent`. */
export function kindOf({ kind }: Pick<Participant, "kind">): string {
  return ParticipantKind[kind]?.toLowerCase() ?? String(kind);
}

/** Why a participant left by LiveKit's name in lower case, e.g. `client_initiated`. */
export function leaveReasonOf({
  disconnectReason,
}: Pick<Participant, "disconnectReason">): string | undefined {
  return disconnectReason === undefined
    ? undefined
    : DisconnectReason[disconnectReason]?.toLowerCase();
}
