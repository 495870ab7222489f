const FENCE = /^(```|~~~).*?^\1/gms;
const LINK = /\]\(\s*<?([^)\s>]+)>?[^)]*\)/g;
const HEADING = /^#{1,6}\s+(.+?)\s*#*$/gm;

/** The targets of the links and pictures of a Markdown text, code left out. */
export function findLinks(markdown: string): string[] {
  const prose = markdown.replace(FENCE, "").replace(/`[^`\n]*`/g, "code");
  return [...prose.matchAll(LINK)].map(([, target = ""]) => target);
}

/** The anchors that a Markdown text's headings give, as forges make them. */
export function findAnchors(markdown: string): string[] {
  return [...markdown.replace(FENCE, "").matchAll(HEADING)].map(([, heading = ""]) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}
