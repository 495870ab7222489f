import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCommandSource } from "../../src/cli/command-source.js";
import { findWorst } from "../../src/insight/index.js";
import type { Conversation } from "../../src/record/index.js";
import { openFolderSource } from "../../src/source/index.js";
import { openStore } from "../../src/store/index.js";
import { type RunningServer, startServer } from "../../src/viewer/index.js";
import type { CallAnswer, CallsAnswer } from "../../src/viewer/view-answers.js";
import { askJson } from "../support/ask-server.js";
import { generateCall } from "../support/generate-call.js";
import { HOSTILE_NAME, makeHostile } from "../support/hostile-call.js";
import { runCli } from "../support/run-cli.js";
import { chromiumPath, openBrowser } from "./support/open-browser.js";

const SAMPLE = "conversation_20261122_060514";
const RECOVERED = "conversation_20261121_060514";
const CALLS = 12;
const MOST_KEYS = 6;
const MOST_CALL_VIEW_BYTES = 60_000;

let folder: string;
let server: RunningServer;
let browser: Browser;

async function serve(directory: string): Promise<RunningServer> {
  const ignore = (): undefined => undefined;
  const run = { report: ignore, setExitCode: ignore, showProgress: ignore };
  return await startServer(createCommandSource(openFolderSource(directory), run, undefined), {
    host: "127.0.0.1",
    port: 0,
    jaegerUi: "http://localhost:16686",
  });
}

function nameOf(seed: number): string {
  return `conversation_20260101_0900${String(seed).padStart(2, "0")}`;
}

function write(name: string, conversation: Conversation): void {
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(conversation));
}

const VIEWS = [
  ["the list", "/"],
  ["a query without calls", "/?q=zzzz"],
  ["a query with an error", "/?q=sinse:7d"],
  ["a call", `/c/${SAMPLE}`],
  ["a recovered call", `/c/${RECOVERED}`],
  ["a damaged call", "/c/damaged"],
  ["a call that is not there", "/c/nothing"],
  ["a call with markup in every field", `/c/${encodeURIComponent(HOSTILE_NAME)}`],
  ["the live view", "/live"],
  ["the statistics", "/stats"],
  ["a comparison without sides", "/compare"],
  ["a comparison", "/compare?a=finding:bad&b=-finding:bad"],
  ["two calls side by side", `/compare?a=${SAMPLE}&b=${RECOVERED}`],
] as const;

/** Opens a view, and waits until it shows its answer. */
async function open(
  path: string,
  { width = 1280, height = 800, base = server } = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.goto(`http://127.0.0.1:${base.port}${path}`);
  await page.waitForFunction(
    () =>
      document.querySelector(".loading") === null &&
      document.querySelector(
        "main :is(.rows, .call, .cards, .facets, .pair, .query-error, [role=alert])",
      ) !== null,
  );
  return page;
}

describe.skipIf(chromiumPath === undefined)("the page in Chromium", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "talktrace-browser-"));
    for (let seed = 1; seed <= CALLS; seed += 1)
      write(nameOf(seed), generateCall(seed, false).conversation);
    cpSync("conversations/sample-parcel-desk.json", join(folder, `${SAMPLE}.json`));
    cpSync("conversations/sample-recovered.json", join(folder, `${RECOVERED}.json`));
    write(
      HOSTILE_NAME,
      makeHostile(
        JSON.parse(readFileSync("conversations/sample-parcel-desk.json", "utf8")) as Conversation,
      ),
    );
    writeFileSync(join(folder, "damaged.json"), '{"format": 2, "conversation": [');
    server = await serve(folder);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  it.each(VIEWS)(
    "axe finds no fault with %s, in light and in dark colours",
    async (_what, path) => {
      const page = await open(path);
      await page.evaluate(axe.source);
      const found: string[] = [];
      for (const [colorScheme, rules] of [
        ["light", undefined],
        // Only colours are others in the dark.
        ["dark", ["color-contrast"]],
      ] as const) {
        await page.emulateMedia({ colorScheme });
        const { violations } = await page.evaluate(async (only) => {
          const { axe: loaded } = globalThis as unknown as { axe: typeof axe };
          return await loaded.run(only === undefined ? {} : { runOnly: [...only] });
        }, rules);
        for (const { id, nodes } of violations)
          found.push(`${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      }
      expect(found).toEqual([]);
      await page.close();
    },
  );

  it("no view scrolls sideways at 360 px, and at 1280 px with a zoom of 200 %", async () => {
    for (const [, path] of VIEWS) {
      const page = await open(path, { width: 360, height: 740 });
      const measure = async (): Promise<number> =>
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      const narrow = await measure();
      await page.setViewportSize({ width: 640, height: 400 });
      expect([path, narrow, await measure()]).toEqual([path, 0, 0]);
      await page.close();
    }
  });

  it(`a complaint is found, opened at its worst moment, explained and shared by at most ${MOST_KEYS} keys after the query`, async () => {
    const page = await open("/");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    let keys = 0;
    const press = async (key: string): Promise<void> => {
      keys += 1;
      await page.keyboard.press(key);
    };
    await page.keyboard.press("/");
    await page.keyboard.type("neighbours finding:cut_off");
    await page.waitForFunction(() => document.querySelectorAll(".rows .row").length === 1);
    await press("Enter");
    const selected = page.locator('.entry[aria-current="true"]');
    await selected.waitFor();
    // It opened where the reply was cut off, with what the caller never heard.
    expect(await selected.locator("s.unheard").textContent()).toContain("leaves you a card");
    expect(await page.locator(".panel .waterfall").textContent()).toContain("text to speech");
    await press("w");
    expect(await page.locator(".panel pre").textContent()).toContain('"delivery": "partial"');
    await press("c");
    await page.waitForFunction(() => location.search.includes("t="));
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toMatch(new RegExp(`/c/${SAMPLE}\\?t=42.2&m=m_10$`));
    await press("n");
    await press("]");
    expect(keys).toBeLessThanOrEqual(MOST_KEYS);
    const shared = await open(link.replace(/^http:\/\/[^/]+/, ""));
    expect(await shared.locator('.entry[aria-current="true"] s.unheard').count()).toBe(1);
    await page.close();
    await shared.close();
  });

  it("the list leads to a call by mouse, back keeps the query, and arrows go through the rows", async () => {
    const page = await open("/?q=finding:bad");
    const [first = ""] = await page.locator(".row .why").allTextContents();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.locator(".call").waitFor();
    expect(new URL(page.url()).searchParams.get("q")).toBe("finding:bad");
    const worst = await page.locator('.findings [aria-current="true"]').first().textContent();
    expect(first).toContain(worst?.replace(/^.*?\d:\d\d\.\d /, "").slice(0, 30) ?? "-");
    await page.goBack();
    await page.locator(".rows .row").first().waitFor();
    expect(await page.locator("#query-q").inputValue()).toBe("finding:bad");
    await page.keyboard.press("!");
    await page.waitForFunction(() => location.search.includes("finding%3Aany"));
    await page.close();
  });

  it("every call of the corpus opens at its worst finding", async () => {
    for (let seed = 1; seed <= CALLS; seed += 1) {
      const { findings } = await askJson<CallAnswer>(server.port, `/c/${nameOf(seed)}.json`);
      const worst = findWorst(findings);
      if (worst === undefined) continue;
      const page = await open(`/c/${nameOf(seed)}`);
      const moments = page.locator('.findings [aria-current="true"] .moment');
      await moments.first().waitFor();
      const [minutes = "", second = ""] = ((await moments.first().textContent()) ?? "").split(":");
      const opened_s = Number(minutes) * 60 + Number(second);
      expect(Math.abs(opened_s - worst.at_s)).toBeLessThan(0.5);
      await page.close();
    }
  });

  it("markup in every field and in a file's name is shown, and neither run nor loaded", async () => {
    const name = encodeURIComponent(HOSTILE_NAME);
    await runCli("tag", HOSTILE_NAME, "safe", "--directory", folder);
    await runCli("note", HOSTILE_NAME, "<img src=x onerror=window.hit=1>", "--directory", folder);
    for (const path of [
      "/",
      `/c/${name}`,
      "/?q=%3Cimg%20src=x%20onerror=hit%3E",
      "/stats?by=llm",
      `/compare?a=${name}&b=${SAMPLE}`,
      `/compare?a=%3Csvg/onload=hit%3E&b=x`,
    ]) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      const asked: string[] = [];
      const errors: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("dialog", (dialog) => errors.push(dialog.message()));
      await page.goto(`http://127.0.0.1:${server.port}${path}`);
      await page.locator("main :is(.row, .call, .query-error, h1)").first().waitFor();
      await page.keyboard.press("w");
      const hit = await page.evaluate(() => (globalThis as { hit?: number }).hit);
      expect([path, hit, errors]).toEqual([path, undefined, []]);
      expect(await page.locator("main :is(img, iframe, script, svg[onload])").count()).toBe(0);
      expect(asked.filter((url) => !/^(http:\/\/127\.0\.0\.1:|data:)/.test(url))).toEqual([]);
      await page.close();
    }
    const page = await open(`/c/${name}`);
    const text = await page.locator("main").textContent();
    expect(text).toContain("<script>window.hit=1</script>");
    expect(text).toContain('<img src=x onerror="window.hit=1">');
    await page.close();
  });

  it("a page of another origin can read nothing", async () => {
    const other = createServer((_request, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end("<!doctype html><title>other</title>");
    });
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    const base = `http://127.0.0.1:${server.port}`;
    const read = await page.evaluate(async (address) => {
      const outcomes = [];
      for (const mode of ["cors", "no-cors"] as const)
        outcomes.push(
          await fetch(`${address}/calls.json`, { mode }).then(
            async (answer) => `read ${(await answer.text()).length}`,
            () => "refused",
          ),
        );
      return outcomes;
    }, base);
    expect(read).toEqual(["refused", "refused"]);
    await page.close();
    await new Promise((resolve) => void other.close(resolve));
  });

  it("the figures of the statistics are those of `talktrace stats`", async () => {
    const printed = await runCli("stats", "--json", "--directory", folder);
    const { calls, e2e_s } = JSON.parse(printed.stdout) as {
      calls: number;
      e2e_s: { n: number; p50: number; p95: number };
    };
    const page = await open("/stats");
    const cards = await page.locator(".cards dd").allTextContents();
    expect(cards.slice(0, 4)).toEqual([
      String(calls),
      String(e2e_s.n),
      `${e2e_s.p50.toFixed(2)} s`,
      `${e2e_s.p95.toFixed(2)} s`,
    ]);
    await page.close();
  });

  it("a running call grows on the page, and the page keeps it when the server is gone", async () => {
    const own = mkdtempSync(join(tmpdir(), "talktrace-live-"));
    const store = openStore({ directory: own });
    const live = await serve(own);
    const page = await open("/live", { base: live });
    expect(await page.locator(".state").textContent()).toContain("npx talktrace demo");
    const started_at = "2026-01-01T09:00:00.000000+00:00";
    store.open({ id: "s_1", started_at, software: {} });
    await page.locator(".badge.live").waitFor();
    const delays: number[] = [];
    for (let turn = 1; turn <= 5; turn += 1) {
      const beganMs = performance.now();
      store.add("s_1", {
        role: "user",
        content: `Message ${turn}, please`,
        timestamp: `2026-01-01T09:00:0${turn}.000000+00:00`,
        source: "deepgram_stt",
        id: `m_${turn}`,
        turn_id: `t_${turn}`,
      });
      await page.getByText(`Message ${turn}, please`, { exact: true }).first().waitFor();
      delays.push(Math.round(performance.now() - beganMs));
    }
    console.log(`From the journal to the page: ${delays.join(", ")} ms`);
    expect(await page.locator(".entry").count()).toBe(5);
    expect(await page.locator('[aria-live="polite"]').textContent()).toContain("Message 5");
    await live.close();
    await page.getByText("Not connected").waitFor();
    expect(await page.locator(".entry").count()).toBe(5);
    await page.close();
    store.close("s_1", { ended_at: "2026-01-01T09:00:10.000000+00:00" });
    await store.shutdown();
    rmSync(own, { recursive: true });
  });

  it("an empty folder says how to make a call, and shows the first one by itself", async () => {
    const own = mkdtempSync(join(tmpdir(), "talktrace-empty-"));
    const empty = await serve(own);
    const page = await open("/", { base: empty });
    expect(await page.locator(".state").textContent()).toContain("npx talktrace demo");
    cpSync("conversations/sample-parcel-desk.json", join(own, `${SAMPLE}.json`));
    await page.locator(".row").waitFor();
    const { total } = await askJson<CallsAnswer>(empty.port, "/calls.json");
    expect(await page.locator(".row").count()).toBe(total);
    await page.close();
    await empty.close();
    rmSync(own, { recursive: true });
  });
});

it(`the page has at most ${MOST_CALL_VIEW_BYTES / 1000} kB, compressed`, () => {
  const files = readdirSync("dist/page/assets");
  const bytes = files.map((file) => gzipSync(readFileSync(join("dist/page/assets", file))).length);
  console.log(`The page has ${bytes.reduce((sum, size) => sum + size, 0)} bytes, compressed`);
  expect(files.length).toBeGreaterThan(1);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MOST_CALL_VIEW_BYTES);
});
