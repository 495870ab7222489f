import { expect, it } from "vitest";
import { ask } from "../support/ask-server.js";
import { startCli } from "../support/demo-process.js";
import { runCli } from "../support/run-cli.js";

it("`talktrace serve` prints its address, serves the built page and its files, and ends with 0 at SIGTERM", async () => {
  const serve = startCli(["serve", "--port", "0", "--directory", "conversations"]);
  const address = await serve.line(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const port = Number(new URL(address).port);
  const page = await ask(port, "/c/sample-parcel-desk?t=42.2");
  expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  const files = [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
    ([, file]) => file,
  );
  expect(files).toHaveLength(2);
  for (const file of files) {
    const { status, headers } = await ask(port, file ?? "");
    expect(status).toBe(200);
    expect(headers["content-type"]).toMatch(/^text\/(javascript|css); charset=utf-8$/);
    expect(headers["cache-control"]).toContain("immutable");
  }
  // Nothing inline, because the policy of the page allows files only.
  expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bon\w+=/);
  serve.child.kill("SIGTERM");
  const { code, stdout, stderr } = await serve.ended;
  expect([code, stdout]).toEqual([0, `${address}\n`]);
  expect(stderr).toBe("Reading conversations; Ctrl-C stops\n");
});

it("`talktrace serve` takes no port that is none", async () => {
  const { code, stderr } = await runCli("serve", "--port", "70000");
  expect(code).toBe(2);
  expect(stderr).toContain("It must be a port from 0 to 65535.");
});
