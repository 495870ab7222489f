export {
  FINDING_LIMITS,
  type Finding,
  type FindingLimits,
  RULES,
  type RuleName,
  type Severity,
} from "./finding.js";
export { findFindings, findWorst, isAtLeast } from "./find-findings.js";
