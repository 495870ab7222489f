import { describe, expect, it } from "vitest";
import { appendPath, withoutSecrets } from "../../../otel/forward/endpoint-url.js";

describe("withoutSecrets()", () => {
  const secrets = ["user", "pass", "k3y", "fragm"];
  const hosts = ["collector.example.com", "localhost:4318", "[::1]:4318", "10.0.0.1"];
  const schemes = ["http", "https", "ftp", "grpc+tls"];

  it("leaves no user, password, query or fragment of any URL in a line", () => {
    for (const scheme of schemes) {
      for (const host of hosts) {
        for (const path of ["", "/", "/v1/traces", "/a@b/c:d"]) {
          for (const query of ["", "?key=k3y", "?k3y", "#fragm", "?a=/k3y&b=http://k3y@x"]) {
            for (const login of [
              "",
              "user@",
              "user:pass@",
              "user:p@ss/k3y@",
              "user:pass@pass@",
              "user:p(a)ss'pass@",
            ]) {
              // What is no valid URL is given in lines as well: a slash in a password ends the host.
              if (login.includes("/")) continue;
              const line = `Cannot use "${scheme}://${login}${host}${path}${query}": why (not)`;
              const shown = withoutSecrets(line);
              for (const secret of secrets) expect(shown).not.toContain(secret);
              expect(shown).toBe(`Cannot use "${scheme}://${host}${path}": why (not)`);
            }
          }
        }
      }
    }
  });

  it("leaves no secret of a URL with one slash, which `new URL()` takes as well", () => {
    const line = 'Cannot use "https:/user:pass@host/v1/traces?key=k3y": status 401';
    expect(withoutSecrets(line)).toBe('Cannot use "https:/host/v1/traces": status 401');
  });

  it("leaves a path of Windows as it is", () => {
    const line = 'Cannot open "C:/calls/a@b#1?.json"';
    expect(withoutSecrets(line)).toBe(line);
  });

  it("leaves a line without a URL as it is", () => {
    expect(withoutSecrets("No traces: status 401 (see user@host?)")).toBe(
      "No traces: status 401 (see user@host?)",
    );
  });
});

describe("appendPath()", () => {
  it.each([
    ["http://localhost:4318", "http://localhost:4318/v1/traces"],
    ["http://localhost:4318/", "http://localhost:4318/v1/traces"],
    ["https://host/otlp//", "https://host/otlp/v1/traces"],
    ["https://host/otlp?api-key=a/b", "https://host/otlp/v1/traces?api-key=a/b"],
    ["https://user:pw@host?x=1", "https://user:pw@host/v1/traces?x=1"],
  ])("puts the path of %s before its query", (endpoint, url) => {
    expect(appendPath(endpoint, "v1/traces")).toBe(url);
  });
});
