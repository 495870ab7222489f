export { type Query, parseQuery } from "./query.js";
export { FIELD_NAMES } from "./fields.js";
export { readMoment } from "./values.js";
export { QueryError } from "./query-error.js";
