import { DisconnectReason, type Participant, ParticipantKind } from "@livekit/rtc-node";

/**
 * Whether a participant is on the telephone. LiveKit's SIP service sets the kind, so nobody can pretend
 * it.
 */
export function isTelephoning({ kind }: Pick<Participant, "kind">): boolean {
  return kind === ParticipantKind.SIP;
}

/** The kind of a participant: LiveKit's name in lower case, e.g. `sip`, `agent`. */
export function kindOf({ kind }: Pick<Participant, "kind">): string {
  return ParticipantKind[kind]?.toLowerCase() ?? String(kind);
}

/** Why a participant left: LiveKit's name in lower case, e.g. `client_initiated`. */
export function leaveReasonOf({
  disconnectReason,
}: Pick<Participant, "disconnectReason">): string | undefined {
  return disconnectReason === undefined
    ? undefined
    : DisconnectReason[disconnectReason]?.toLowerCase();
}
