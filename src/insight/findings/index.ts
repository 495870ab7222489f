export {
  type BuiltInRuleName,
  type CallFacts,
  FINDING_LIMITS,
  type Finding,
  type FindingLimits,
  RULES,
  type RuleName,
  type Severity,
} from "./finding.js";
export {
  type FindingOptions,
  type OwnRule,
  findFindings,
  findWorst,
  isAtLeast,
  prepareFacts,
} from "./find-findings.js";
export { hasFailed } from "./tool-failed.js";
