/** What a person can do about an unreadable file. `hasJournal` tells whether its journal exists. Pure. */
export function findWayOut(error: unknown, path: string, hasJournal: boolean): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/newer version|update TalkTrace/.test(text)) return "update TalkTrace";
  if (/UTF-16/.test(text)) return `iconv -f UTF-16 -t UTF-8 ${quote(path)}`;
  if (/not UTF-8/.test(text)) return "give the file a name in UTF-8";
  if (/it is a link/.test(text)) return "bring back what the link leads to, or remove the link";
  if (/the limit is/.test(text)) return "move it out of the folder; no call is that large";
  if (/EACCES|EPERM/.test(text)) return `chmod u+r ${quote(path)}, as the file's owner`;
  if (/EISDIR|is not a file/.test(text)) return "move it out of the folder";
  if (/no such file/.test(text)) return "`talktrace list` has the names that there are";
  if (hasJournal) return "`talktrace recover` makes it anew from its journal";
  if (/file is empty|cut short/.test(text))
    return "restore it from a backup; its words are not in the file any more";
  if (/not valid JSON/.test(text)) return "undo what changed the file, or restore it from a backup";
  return "if it is none of TalkTrace's files, move it out of the folder; else restore it from a backup";
}

function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
