import { Hono, type Context } from "hono";
import { QueryError } from "../../insight/index.js";
import { messageOf } from "../../platform/message-of.js";
import { RecordError, readPackageVersion } from "../../record/index.js";
import { StoreError } from "../../store/index.js";
import type { AboutAnswer } from "../view-answers.js";
import { type CallAnswers, NotFoundError, RequestError } from "./call-answers.js";
import type { CallReader } from "./call-reader.js";
import type { ChangeStream } from "./change-stream.js";
import { callAsCsv, comparisonAsCsv, listAsCsv, statisticsAsCsv } from "./csv-twins.js";
import { readPageFiles } from "./page-files.js";
import {
  allowOwnPagesOnly,
  allowReadingOnly,
  refuse,
  requireToken,
  restrictBrowser,
} from "./request-checks.js";

export interface ViewerAppOptions {
  reader: CallReader;
  answers: CallAnswers;
  changes: ChangeStream;
  /** Whether only this machine can ask. */
  isLoopback: boolean;
  /** Without one, everybody who passes the other checks is answered. */
  token: string | undefined;
  jaegerUi: string | undefined;
}

const FEWEST_ROWS = 100;
const MOST_ROWS = 1000;

/** The addresses of the page, and what answers at each. */
export function createViewerApp(options: ViewerAppOptions): Hono {
  const { reader, answers, changes, isLoopback, token, jaegerUi } = options;
  const app = new Hono({ strict: true });
  app.use(restrictBrowser(), allowReadingOnly(), allowOwnPagesOnly(isLoopback));
  if (token !== undefined) app.use(requireToken(token));
  app.onError((error, context) => {
    if (error instanceof NotFoundError) return refuse(context, 404, error.message);
    if (error instanceof QueryError || error instanceof RequestError)
      return refuse(context, 400, error.message);
    // A damaged file is a state of the folder that the page shows.
    if (error instanceof RecordError || error instanceof StoreError)
      return context.json({ error: error.message }, 422);
    return context.json({ error: messageOf(error) }, 500);
  });
  app.use(async (context, next) => {
    await next();
    if (!context.res.headers.has("cache-control")) context.header("Cache-Control", "no-store");
  });

  app.get("/about.json", (context) =>
    context.json({
      source: reader.name,
      version: readPackageVersion(),
      ...(jaegerUi !== undefined && { jaeger_ui: jaegerUi.replace(/(?<!\/)\/+$/, "") }),
    } satisfies AboutAnswer),
  );
  app.get("/events", (context) => changes.respond(context));

  const list = (context: Context) => {
    const { q = "", offset, limit } = context.req.query();
    return answers.list(
      q,
      readCount(offset, 0),
      Math.min(MOST_ROWS, readCount(limit, FEWEST_ROWS)),
    );
  };
  app.get("/calls.json", async (context) => context.json(await list(context)));
  app.get("/calls.csv", async (context) => sendCsv(context, listAsCsv(await list(context))));

  app.get("/c/:file{.+\\.json}", async (context) =>
    context.json(await answers.show(nameIn(context))),
  );
  app.get("/c/:file{.+\\.csv}", async (context) => {
    const name = nameIn(context);
    return sendCsv(context, await callAsCsv(name, await answers.show(name), reader.config));
  });

  const count = (context: Context) => {
    const { q = "", by = "all" } = context.req.query();
    return answers.count(q, by);
  };
  app.get("/stats.json", async (context) => context.json(await count(context)));
  app.get("/stats.csv", async (context) => sendCsv(context, statisticsAsCsv(await count(context))));

  const compare = (context: Context) => {
    const { a = "", b = "" } = context.req.query();
    return answers.compare(a, b);
  };
  app.get("/compare.json", async (context) => context.json(await compare(context)));
  app.get("/compare.csv", async (context) =>
    sendCsv(context, comparisonAsCsv(await compare(context))),
  );

  addPage(app);
  app.notFound((context) => refuse(context, 404, `There is nothing at "${context.req.path}"`));
  return app;
}

/** The page itself, which reads its address and asks for its data. */
function addPage(app: Hono): void {
  const files = readPageFiles();
  const send = (context: Context, path: string, caching: string): Response | undefined => {
    const file = files.get(path);
    if (file === undefined) return undefined;
    return context.body(file.bytes, 200, {
      "Content-Type": file.mediaType,
      "Cache-Control": caching,
    });
  };
  // The names of these files change with their content.
  app.get(
    "/assets/:file",
    (context) =>
      send(context, context.req.path, "public, max-age=31536000, immutable") ?? context.notFound(),
  );
  const sendPage = (context: Context): Response =>
    send(context, "/index.html", "no-cache") ??
    context.text("The page was not built: run `npm run build` in the checkout.\n", 503);
  for (const path of ["/", "/c/:name", "/live", "/stats", "/compare"]) app.get(path, sendPage);
}

function nameIn(context: Context): string {
  return (context.req.param("file") ?? "").replace(/\.(json|csv)$/, "");
}

/** A value that is no count is left out, because an address must not end in an error page. */
function readCount(given: string | undefined, otherwise: number): number {
  const count = Number(given ?? NaN);
  return Number.isSafeInteger(count) && count >= 0 ? count : otherwise;
}

function sendCsv(context: Context, text: string): Response {
  return context.body(text, 200, { "Content-Type": "text/csv; charset=utf-8" });
}
