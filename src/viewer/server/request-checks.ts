import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { secureHeaders } from "hono/secure-headers";

/** Names by which this machine calls itself. Another site cannot have them by its DNS. */
const LOOPBACK_NAMES = new Set(["127.0.0.1", "localhost", "[::1]"]);
const TOKEN_COOKIE = "talktrace_token";
/** A link carries it once, and then it is out of the address and the history. */
const TOKEN_PARAMETER = "token";

/** What a browser may do with an answer: run and load nothing but the page's own files. */
export function restrictBrowser(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      mediaSrc: ["'self'"],
      connectSrc: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
    },
    crossOriginResourcePolicy: "same-origin",
    crossOriginOpenerPolicy: "same-origin",
    referrerPolicy: "no-referrer",
    xFrameOptions: "DENY",
    strictTransportSecurity: false,
  });
}

/** Only reading is answered, so no other site can change anything by a form. */
export function allowReadingOnly(): MiddlewareHandler {
  return async (context, next) => {
    const { method } = context.req;
    if (method === "GET" || method === "HEAD") return await next();
    context.header("Allow", "GET, HEAD");
    return refuse(context, 405, `${method} is not allowed; the page only reads`);
  };
}

/**
 * Refuses requests that another site makes through the user's browser. A name that another site points
 * at this machine (DNS rebinding) is no name of this machine. A tunnel may change the port.
 */
export function allowOwnPagesOnly(isLoopback: boolean): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header("host") ?? "";
    if (isLoopback && !LOOPBACK_NAMES.has(host.replace(/:\d+$/, "").toLowerCase()))
      return refuse(
        context,
        421,
        `This server answers as 127.0.0.1 and localhost, and not as "${host}"`,
      );
    const origin = context.req.header("origin");
    if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== host)
      return refuse(context, 403, "A page of another site may not read this");
    const site = context.req.header("sec-fetch-site") ?? "none";
    const isLink =
      context.req.header("sec-fetch-mode") === "navigate" &&
      context.req.header("sec-fetch-dest") === "document";
    if (site !== "none" && site !== "same-origin" && !isLink)
      return refuse(context, 403, "A page of another site may not read this");
    return await next();
  };
}

/** Needs the token in a cookie. A link with the token sets the cookie, and leads to the same place. */
export function requireToken(token: string): MiddlewareHandler {
  return async (context, next) => {
    const given = context.req.query(TOKEN_PARAMETER);
    if (given !== undefined && isSame(given, token)) {
      setCookie(context, TOKEN_COOKIE, token, { httpOnly: true, sameSite: "Strict", path: "/" });
      const { pathname, searchParams } = new URL(context.req.url);
      searchParams.delete(TOKEN_PARAMETER);
      const query = searchParams.toString();
      // Two slashes at the beginning would lead to another site.
      return context.redirect(
        `${pathname.replace(/^\/+/, "/")}${query === "" ? "" : `?${query}`}`,
        303,
      );
    }
    if (isSame(getCookie(context, TOKEN_COOKIE) ?? "", token)) return await next();
    return refuse(
      context,
      401,
      "Open the address that `talktrace serve` printed; it has the token",
    );
  };
}

export function refuse(context: Context, status: 400 | 401 | 403 | 404 | 405 | 421, error: string) {
  return context.json({ error }, status);
}

/** Takes as long for a nearly right token as for a wrong one. */
function isSame(given: string, token: string): boolean {
  const [a, b] = [given, token].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a as Buffer, b as Buffer);
}
