/**
 * A vCon in its unsigned form, by draft-ietf-vcon-vcon-core-04: the keys that an export writes. Times
 * are in RFC 3339's form, durations in seconds. An index counts from 0.
 */
export interface Vcon {
  /** Deprecated by the draft; older readers want it. */
  vcon: "0.4.0";
  uuid: string;
  created_at: string;
  subject?: string;
  parties: VconParty[];
  dialog: VconDialog[];
  analysis: VconAnalysis[];
}

export interface VconParty {
  type: "person" | "bot";
  name?: string;
  tel?: string;
}

export interface VconDialog {
  type: "text";
  start: string;
  duration?: number;
  /** Indices of parties, the speaker first. */
  parties: number[];
  mediatype: "text/plain";
  encoding: "none";
  body: string;
  application: string;
  message_id: string;
  party_history?: VconPartyEvent[];
}

export interface VconPartyEvent {
  party: number;
  time: string;
  event: "join" | "drop" | "keydown" | "keyup";
  button?: string;
}

export interface VconAnalysis {
  type: "report";
  dialog?: number[];
  mediatype: "application/json";
  vendor: "talktrace";
  product: string;
  schema: string;
  encoding: "json";
  body: unknown;
}
