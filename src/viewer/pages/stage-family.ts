import type { StageFamily, WaitStageName } from "../../insight/index.js";
import { STAGE_FAMILIES } from "../../insight/stage-families.js";

export function familyOf(stage: string): StageFamily {
  return STAGE_FAMILIES[stage as WaitStageName] ?? "think";
}
