import type { TelemetrySettings } from "../../../otel/settings.js";
import { messageOf } from "../../platform/message-of.js";
import type { DoctorCheck } from "./doctor-check.js";

const WAIT_MS = 3000;

/** Checks that the endpoint of spans answers an empty request as an OTLP receiver does. */
export async function examineEndpoint({
  tracesUrl,
  tracesProtocol,
}: TelemetrySettings): Promise<DoctorCheck[]> {
  if (tracesUrl === undefined)
    return [{ what: "endpoint", outcome: "ok", fact: "no spans are sent; the record is made" }];
  const { origin, pathname } = new URL(tracesUrl);
  const name = origin + pathname;
  const start = "docker compose up -d starts Jaeger; or set OTEL_EXPORTER_OTLP_ENDPOINT";
  try {
    const { status } = await fetch(withoutUser(tracesUrl), {
      method: "POST",
      headers: {
        "content-type":
          tracesProtocol === "http/protobuf" ? "application/x-protobuf" : "application/json",
      },
      body: tracesProtocol === "http/protobuf" ? new Uint8Array() : '{"resourceSpans":[]}',
      redirect: "manual",
      signal: AbortSignal.timeout(WAIT_MS),
    });
    if (status === 200) return [{ what: "endpoint", outcome: "ok", fact: `${name} takes spans` }];
    if (status === 401 || status === 403)
      return [
        {
          what: "endpoint",
          outcome: "warn",
          fact: `${name} asks who is there (${status}); no header was sent`,
          way_out: "set OTEL_EXPORTER_OTLP_HEADERS, if it is not set",
        },
      ];
    return [
      {
        what: "endpoint",
        outcome: "warn",
        fact: `${name} answers ${status}, which is none of OTLP over HTTP`,
        way_out: "port 4318 is OTLP over HTTP, 4317 is gRPC, 16686 is Jaeger's page",
      },
    ];
  } catch (error) {
    return [
      {
        what: "endpoint",
        outcome: "warn",
        fact: `nothing takes spans at ${name}: ${whyNot(error)}; the record is made all the same`,
        way_out: start,
      },
    ];
  }
}

/** `fetch` refuses a URL with a password. Without the password the endpoint answers that it needs one. */
function withoutUser(given: string): string {
  const url = new URL(given);
  url.username = "";
  url.password = "";
  return url.href;
}

function whyNot(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError")
    return `no answer within ${WAIT_MS / 1000} s`;
  const { cause } = error as { cause?: unknown };
  return messageOf(cause ?? error);
}
