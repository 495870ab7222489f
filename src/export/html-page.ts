import { createHash } from "node:crypto";
import { toHtml } from "./html-text.js";

/** The colours of the lanes differ in lightness too, and each bar has its name beside it. */
const STYLE = `
:root{color-scheme:light dark;--ground:#fff;--panel:#f6f7f9;--text:#1b1f24;--muted:#57606a;--line:#d0d7de;--user:#9a5b00;--agent:#0b5cad;--bad:#b42318;--warn:#8a6100;--hear:#c4831a;--think:#4f94d8;--speak:#7c858e}
@media (prefers-color-scheme:dark){:root{--ground:#0f1419;--panel:#171d24;--text:#e6e9ec;--muted:#9aa4af;--line:#30363d;--user:#f2b35e;--agent:#6cb6ff;--bad:#ff8d80;--warn:#f0c14b;--hear:#a8701c;--think:#2f78c4;--speak:#8d97a2}}
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.3rem;margin:0;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:1.5rem 0 .5rem}
p{margin:.2rem 0}.muted,time{color:var(--muted)}
ol,ul{list-style:none;margin:0;padding:0}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--muted);font-size:11px}.track{fill:var(--panel)}
.user-bar{fill:var(--user)}.agent-bar{fill:var(--agent)}.wait-bar{fill:var(--warn);opacity:.45}
.bad-mark{fill:var(--bad)}.warn-mark{fill:var(--warn)}.note-mark{fill:var(--muted)}
.transcript li{display:grid;grid-template-columns:4.5rem 3.5rem 1fr;gap:.5rem;padding:.35rem .5rem;border-left:3px solid transparent;scroll-margin:40vh}
.transcript li:target,.transcript li.opened{background:var(--panel);border-left-color:var(--agent)}
.transcript .who{font-weight:600}.user .who{color:var(--user)}.agent .who{color:var(--agent)}.aside .who{color:var(--muted)}
.said{min-width:0;overflow-wrap:anywhere;white-space:pre-wrap}
s{color:var(--muted)}code{overflow-wrap:anywhere;font-size:.9em}
.facts{display:block;color:var(--muted);font-size:.85rem;white-space:normal}
.findings li{padding:.15rem 0}.bad{color:var(--bad)}.warn{color:var(--warn)}
details{font-size:.85rem;white-space:normal}summary{cursor:pointer;color:var(--muted)}
a{color:inherit}
.hear{fill:var(--hear)}.think{fill:var(--think)}.speak{fill:var(--speak)}
@media (max-width:34rem){.transcript li{grid-template-columns:1fr}}
`;

/** Without it the page shows the same, and opens at its top. */
const SCRIPT = `
const opened = document.querySelector("li.opened");
if (opened && location.hash === "") opened.scrollIntoView({ block: "center" });
addEventListener("hashchange", () => opened && opened.classList.remove("opened"));
`;

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** Nothing is loaded from anywhere, and no other style and no other script runs. */
const POLICY = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`;

/** The beginning of a page, up to its content. Pure. */
export function openPage(title: string): string {
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${toHtml(title)}</title>`,
    `<style>${STYLE}</style>`,
    "</head>",
    "<body>",
    "",
  ].join("\n");
}

/** The end of a page, after its content. */
export const CLOSED_PAGE = `\n<script>${SCRIPT}</script>\n</body>\n</html>\n`;
