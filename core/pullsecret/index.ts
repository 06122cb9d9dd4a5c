export { type CopyTraces, copyTraces } from "./copies.ts";
export { keyedHash } from "./hash.ts";
export { MalformedPullSecretError } from "./malformed.ts";
export { matchingLogins } from "./match.ts";
export { dockerconfigjson, mergeLogins } from "./merge.ts";
export { managerWithTool, toolsThatWrite } from "./owners.ts";
export { parsePullSecret, pullSecretType } from "./parse.ts";
export type { Login, PullSecretContent } from "./types.ts";
