import type { CallView } from "./table.js";

export const turnsView: CallView = {
  name: "turns",
  about: "one turn: what the user said, and all that the agent answered",
  reads: ["messages", "events"],
  columns: [
    { name: "call", type: "VARCHAR", about: "the call's name" },
    { name: "turn", type: "INTEGER", about: "its number" },
    { name: "at_s", type: "DOUBLE", unit: "s", about: "when it began, from the call's start" },
    { name: "user_content", type: "VARCHAR", about: "the user's messages, one a line" },
    { name: "agent_content", type: "VARCHAR", about: "what was heard of the replies, one a line" },
    {
      name: "e2e_s",
      type: "DOUBLE",
      unit: "s",
      about: "how long the user waited, of the first reply of which it is known",
    },
    { name: "tools", type: "VARCHAR[]", about: "the tools that were called, in order" },
    { name: "interrupted", type: "BOOLEAN", about: "whether the user interrupted a reply" },
  ],
  sql: `
    WITH spoken AS (
      SELECT
        call,
        turn,
        min(at_s) AS at_s,
        string_agg(content, chr(10) ORDER BY position)
          FILTER (role = 'user' AND content <> '') AS user_content,
        string_agg(content, chr(10) ORDER BY position)
          FILTER (role = 'agent' AND content <> '') AS agent_content,
        first(e2e_s ORDER BY position) FILTER (e2e_s IS NOT NULL) AS e2e_s,
        bool_or(interrupted_by IS NOT NULL) AS interrupted
      FROM messages
      GROUP BY call, turn
    ), called AS (
      SELECT call, turn, list(tool ORDER BY position) AS tools
      FROM events
      WHERE type = 'tool_call'
      GROUP BY call, turn
    )
    SELECT call, turn, at_s, user_content, agent_content, e2e_s,
      coalesce(tools, []) AS tools, interrupted
    FROM spoken LEFT JOIN called USING (call, turn)`,
};
