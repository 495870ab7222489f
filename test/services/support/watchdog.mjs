/**
 * Ends the process groups whose ids it was told, one a line, as soon as its standard input ends:
 * that is when the test process is gone, even if it was killed and could clean up nothing.
 */
import { createInterface } from "node:readline";

const groups = new Set();

for await (const line of createInterface({ input: process.stdin })) {
  const [word, id] = line.split(" ");
  if (word === "guard") groups.add(Number(id));
  else groups.delete(Number(id));
}

for (const group of groups) {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
