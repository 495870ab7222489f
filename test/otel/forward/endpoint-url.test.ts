import { expect, test } from "vitest";
import { appendPath } from "../../../otel/forward/endpoint-url.js";

test.each([
  ["http://localhost:4318", "http://localhost:4318/v1/traces"],
  ["http://localhost:4318/", "http://localhost:4318/v1/traces"],
  ["https://host/otlp//", "https://host/otlp/v1/traces"],
  ["https://host/otlp?api-key=a/b", "https://host/otlp/v1/traces?api-key=a/b"],
  ["https://user:pw@host?x=1", "https://user:pw@host/v1/traces?x=1"],
])("appendPath() puts the path behind %s and before its query", (endpoint, url) => {
  expect(appendPath(endpoint, "v1/traces")).toBe(url);
});
