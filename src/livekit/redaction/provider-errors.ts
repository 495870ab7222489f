import type { EventData } from "../../../otel/index.js";
import { WITHHELD } from "./heard-of-reviewed.js";

/** By an event's type: where in its data a provider's own words are. */
const COMPLAINTS: ReadonlyMap<string, string> = new Map([
  ["error", "message"],
  ["service_switch", "error"],
]);

/**
 * What providers say of their failures, which may repeat what they were given. Nobody reviews an
 * event here, so it goes unread; of which kind the failure was stays.
 */
export function withoutComplaint(event: EventData): EventData {
  const key = COMPLAINTS.get(event.type);
  if (key === undefined || event.data[key] === undefined) return event;
  return { ...event, data: { ...event.data, [key]: WITHHELD }, redacted: true };
}
