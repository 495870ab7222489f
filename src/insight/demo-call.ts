import type { Session } from "../record/index.js";

/** Whether the demo held this call, whose waits are those of stand-in services. Pure. */
export function isDemo({ demo }: Pick<Session, "demo">): boolean {
  return demo === true;
}
