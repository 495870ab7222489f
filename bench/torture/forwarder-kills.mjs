/**
 * Kills processes that forward spans through one folder (`kill -9`), at random moments, while their
 * endpoint refuses every other request. Every span that ended must arrive, with its parent. So must
 * every session's span, which is open at each kill.
 */
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { namesIn } from "./parts/check-folder.mjs";
import { startChild } from "./parts/child.mjs";
import { inParallel } from "./parts/in-parallel.mjs";

const LONGEST_LIFE_MS = 150;

export const name = "forwarder-kills";
export const counts = { quick: 40, full: 1000 };

export async function* run({ count, folder, report, width }) {
  const directory = join(folder, "spool");
  mkdirSync(directory);
  const endpoint = await startEndpoint();
  const { url } = endpoint;
  const promised = new Set();
  const failures = [];
  let kills = 0;
  await inParallel(
    Array.from({ length: count }, (_, n) => n),
    width,
    async (n) => {
      let show;
      const shown = new Promise((resolve) => {
        show = resolve;
      });
      const onLine = (line) => {
        show();
        promised.add(line.slice(2));
      };
      const options = { directory, url, prefix: `p${n}`, limit: 0 };
      const forwarder = startChild("forwarder.mjs", options, { onLine });
      await Promise.race([shown, forwarder.ended]);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_LIFE_MS));
      if (forwarder.child.exitCode !== null) failures.push(`ended: ${forwarder.errors.join("")}`);
      forwarder.child.kill("SIGKILL");
      await forwarder.ended;
      report((kills += 1), count);
    },
  );
  endpoint.acceptAll();
  let dropped;
  const last = startChild(
    "forwarder.mjs",
    { directory, url, prefix: "last", limit: 1 },
    { onLine: (line) => line.startsWith("dropped ") && (dropped = Number(line.slice(8))) },
  );
  const { code, errors } = await last.ended;
  await endpoint.stop();
  if (code !== 0) failures.push(`the last forwarder ended with ${code}: ${errors}`);
  if (dropped !== 0) failures.push(`${dropped} spans dropped`);
  const { spans, received } = endpoint;
  const names = new Set([...spans.values()].map((span) => span.name));
  const lost = [...promised].filter((each) => !names.has(each));
  failures.push(...lost.map((each) => `lost: ${each}`));
  const orphans = [...spans.values()].filter(({ parentSpanId: id }) => id && !spans.has(id));
  failures.push(...orphans.map((span) => `without its parent: ${span.name}`));
  // Nobody sends the spans of a file that was set aside.
  failures.push(...namesIn(directory).map((fileName) => `left: ${fileName}`));
  yield {
    row: "kill -9 of a forwarder at a random moment",
    count: kills,
    facts: { "spans acknowledged": promised.size, "sent twice": received - spans.size },
    failures,
  };
}

/** An OTLP endpoint that refuses every other request, until it is told to accept all. */
async function startEndpoint() {
  const spans = new Map();
  const endpoint = { spans, received: 0 };
  let requests = 0;
  let acceptsAll = false;
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      requests += 1;
      if (!acceptsAll && requests % 2 === 0) return response.writeHead(503).end();
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks));
      const scopes = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans);
      for (const span of scopes.flatMap((scope) => scope.spans)) {
        endpoint.received += 1;
        spans.set(span.spanId, span);
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(endpoint, {
    url: `http://127.0.0.1:${server.address().port}/v1/traces`,
    acceptAll: () => (acceptsAll = true),
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  });
}
