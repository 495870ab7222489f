import { IMPORT_FORMATS } from "../../src/import/index.js";
import type { ImportFormatFacts } from "../../src/import/index.js";

const HEAD = `# Calls that were recorded elsewhere

\`npm run cli:page\` writes this page from the same list as the command. [formats.md](formats.md) has the forms in which calls are given away.

\`\`\`sh
talktrace import session_report.json traces.jsonl calls.zip exported/
\`\`\`

Each call becomes a document in the folder of the conversations, or in \`--to\`. Every command reads it as it reads a recorded call. Nothing is fetched, and nothing is sent.

- **A file is told by its content, never by its name.** A file of no known form is named with the reason. In a folder or a ZIP it is left out, and the rest is imported.
- **What a file does not say stays missing.** \`session.imported_from\` has the form, the file's name, its SHA-256, and in \`missing\` what the file did not have. Waits say in \`latency.measured_by\` who measured them.
- **\`heard_by: "estimate"\`** marks words that the other software took for heard. TalkTrace could not compare them with the sound.
- **A second import of the same file writes nothing**, whatever its name is, and also from a ZIP. If an import was interrupted, a second one adds the calls that are not there yet.
- **A call that has an id of its maker is known by it.** So a call of a list, of an API and of a webhook is imported once. A call that is not over is not imported.
- **Who is who.** Deepgram's JSON does not say who is on which channel, and some vCons do not say who the agent is. \`--channels user,agent\` says it.
- **What was not understood** is counted in one line of \`missing\`.
- **A call whose end was not recorded** has the status \`recovered\`, as a call whose process died has.
- **Limits:** a file has at most 256 MiB. A ZIP has at most 20,000 entries and 2 GiB of content. A ZIP in a ZIP, an encrypted one and links in folders are not opened.
- **Old calls:** an agent with \`TALKTRACE_KEEP_DAYS\` removes imported calls that are too old, as it removes its own. The command says so. Import them into another folder to keep them. A call of which no date is known is never removed.

## Forms
`;

/**
 * The page of docs/imports.md.
 *
 * @param figures what the documents of traces hold, as a section of the page
 */
export function writeImportsPage(figures: string): string {
  const forms = IMPORT_FORMATS.flatMap((format) => format.variants ?? [format]);
  return [HEAD, ...forms.map(describe), figures].join("\n");
}

function describe(facts: ImportFormatFacts): string {
  const { name, origin, recognizedBy, kept, missing, fields, describedIn } = facts;
  const more = [
    fields === undefined ? "" : `- **Fields and units:** ${fields}.\n`,
    describedIn === undefined ? "" : `- **Described in:** ${describedIn}.\n`,
  ].join("");
  return `### \`${name}\`

${capitalize(origin)}.

- **Told by:** ${recognizedBy}.
- **Kept:** ${kept}.
- **Never there:** ${missing}.
${more}`;
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
