import type { EventData } from "../../../otel/index.js";
import { WITHHELD } from "./heard-of-reviewed.js";

/** By event type: the key in its data that holds the provider's own words. */
const COMPLAINTS: ReadonlyMap<string, string> = new Map([
  ["error", "message"],
  ["service_switch", "error"],
]);

/**
 * Withholds the provider's error text, because it may repeat the words that the provider was given and
 * no `reviewEvent` looks at it. The kind of the failure stays.
 */
export function withoutComplaint(event: EventData): EventData {
  const key = COMPLAINTS.get(event.type);
  if (key === undefined || event.data[key] === undefined) return event;
  return { ...event, data: { ...event.data, [key]: WITHHELD }, redacted: true };
}
