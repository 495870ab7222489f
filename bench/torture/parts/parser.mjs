/** Parses the newest conversation of a folder so many times: `parser.mjs DIRECTORY COUNT`. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const [directory, count] = process.argv.slice(2);
const wanted = Number(count);
const failures = [];
let path;
let last = -1;
let versions = 0;
for (let parses = 0; parses < wanted && failures.length < 10;) {
  path ??= findNewest();
  if (path === undefined) continue;
  let text;
  try {
    text = readFileSync(path, "utf8");
    const { conversation, session, integrity } = JSON.parse(text);
    const counter = conversation.find(({ id }) => id === "counter");
    const version = counter === undefined ? last : Number(counter.content);
    if (!(version >= last)) failures.push(`version ${version} after ${last}`);
    if (integrity.dropped !== 0) failures.push(`${integrity.dropped} dropped`);
    if (version > last) versions += 1;
    last = version;
    if (session.status !== "open") path = undefined;
  } catch (error) {
    failures.push(`${path}: ${error.message}: ${text?.slice(0, 80)}`);
  }
  parses += 1;
  if (parses % 1000 === 0) process.stderr.write(`${parses}\n`);
}
process.stdout.write(JSON.stringify({ parses: wanted, versions, failures }));

function findNewest() {
  const [newest] = readdirSync(directory)
    .filter((name) => /^conversation.*\.json$/.test(name))
    .toSorted()
    .toReversed();
  return newest && join(directory, newest);
}
