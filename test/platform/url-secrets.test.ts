import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { showUrl, withoutSecrets, withoutSecretsOf } from "../../src/platform/url-secrets.js";

const HOSTS = ["collector.example.com", "localhost:4318", "[::1]:4318", "10.0.0.1", "[fe80::1]"];
const SCHEMES = ["http://", "https://", "ftp://", "grpc+tls://", "https:/", "http:", "//", ""];

/** A word that no host, scheme or path has in it, so that it is known when it comes through. */
const secret = fc.string({
  minLength: 3,
  maxLength: 8,
  unit: fc.constantFrom("Q", "X", "Z", "Ä", "é", "💡", "漢"),
});
/** A password has signs of a URL between its secret words, also first, last and several at once. */
const password = fc
  .array(fc.oneof(secret, fc.constantFrom("/", "#", "@", "?", ":", "//", "&", "=", "\\", "'", "(")))
  .filter((parts) => parts.some((part) => part.length >= 3));
const url = fc.record({
  scheme: fc.constantFrom(...SCHEMES),
  user: fc.option(secret, { nil: "" }),
  password: fc.option(password, { nil: [] }),
  host: fc.constantFrom(...HOSTS),
  path: fc.constantFrom("", "/", "/v1/traces", "/a@b/c:d", "/a%40b"),
  query: fc.option(secret, { nil: undefined }),
  fragment: fc.option(secret, { nil: undefined }),
  isEncoded: fc.boolean(),
});

function put(parts: typeof url extends fc.Arbitrary<infer Parts> ? Parts : never): {
  url: string;
  secrets: string[];
} {
  const { scheme, user, host, path, query, fragment, isEncoded } = parts;
  const login = parts.password.length > 0 ? `${user}:${parts.password.join("")}` : user;
  const at = isEncoded ? "%40" : "@";
  return {
    url:
      scheme +
      (login === "" ? "" : login + at) +
      host +
      path +
      (query === undefined ? "" : `?key=${query}`) +
      (fragment === undefined ? "" : `#${fragment}`),
    secrets: [user, ...parts.password, query ?? "", fragment ?? ""].filter(
      (part) => part.length >= 3,
    ),
  };
}

describe("a URL in a line", () => {
  it("shows no user, password, query or fragment, whatever is in them and whether it is a valid URL", () => {
    fc.assert(
      fc.property(url, (parts) => {
        const made = put(parts);
        const line = `OpenTelemetry: cannot parse '${made.url}' (why not)`;
        const shown = `${showUrl(made.url)} ${withoutSecretsOf([made.url], line)}`;
        expect(made.secrets.filter((word) => shown.includes(word))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps its scheme, host and path where no @ stands behind its first slash", () => {
    fc.assert(
      fc.property(url, ({ user, ...rest }) => {
        const parts = { ...rest, user, password: user === "" ? [] : ["secret"], isEncoded: false };
        fc.pre(!/@|%40/.test(parts.path));
        const shown = `${parts.scheme}${parts.host}${parts.path}`;
        expect(showUrl(put(parts).url)).toBe(shown);
      }),
    );
  });

  it("shows its scheme alone where an @ behind a slash may end a password", () => {
    expect(showUrl("https://user:pa/ss@host/v1")).toBe("https://…");
    expect(showUrl("https://user:12/ss@host")).toBe("https://…");
    expect(showUrl("https://host/v1?mail=me@there")).toBe("https://…");
  });
});

describe("a line in which URLs stand", () => {
  it("loses their secrets and nothing else", () => {
    for (const scheme of ["http", "https", "ftp", "grpc+tls"]) {
      for (const host of HOSTS) {
        for (const path of ["", "/", "/v1/traces"]) {
          for (const query of ["", "?key=k3y", "?k3y", "#fragm", "?a=/k3y&b=http://k3y"]) {
            for (const login of ["", "us3r@", "us3r:pass@", "us3r:p(a)ss'pass@", "us3r:a@pass@"]) {
              const line = `Cannot use "${scheme}://${login}${host}${path}${query}": why (not)`;
              expect(withoutSecrets(line)).toBe(
                `Cannot use "${scheme}://${host}${path}": why (not)`,
              );
            }
          }
        }
      }
    }
  });

  it.each([
    ['Cannot use "https:/user:pass@host/v1/traces?key=k3y": status 401', '"https:/host/v1/traces"'],
    ["error: argument 'u:secret@host:4318' is invalid", "'host:4318'"],
    ["error: argument 'u:se?c/r#et@host:4318' is invalid", "'…'"],
    ["error: argument '//u:secret@host/x' is invalid", "'//host/x'"],
    ["error: argument '//host/x?key=secret' is invalid", "'//host/x'"],
  ])("loses the secrets of %s", (line, shown) => {
    expect(withoutSecrets(line)).toContain(shown);
    expect(withoutSecrets(line)).not.toMatch(/secret|pass|k3y|user/);
  });

  it.each([
    'Cannot open "C:/calls/a@b#1?.json"',
    'Cannot open "/data/north:2@night/.spool"',
    'Cannot open "./calls:1@2/x.json": status 401 (see user@host?)',
    "npm ls @opentelemetry/api@1.9.1 shows 2 versions: 1.9.0 and 1.9.1",
    "Ratio 3:4, at 12:30, see a/b // no URL",
  ])("stays as it is where it has no URL: %s", (line) => {
    expect(withoutSecrets(line)).toBe(line);
  });
});
