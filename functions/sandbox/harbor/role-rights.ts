import type { ProjectRole } from "./state.ts";

const crudl = ["create", "read", "update", "delete", "list"];
const rights = (resource: string, ...actions: string[]): string[] => actions.map((action) => `${resource}:${action}`);

/**
 * All rights in a project, `project` being the project itself, in the order in which Harbor lists a
 * caller's own (recorded in 16-own-permissions).
 */
export const projectRights: readonly string[] = [
  ...rights("project", "read"),
  ...rights("member", "read", "list"),
  ...rights("label", "read", "list"),
  ...rights("quota", "read"),
  ...rights("repository", "create", "read", "update", "list", "push", "pull"),
  ...rights("tag-retention", ...crudl, "operate"),
  ...rights("configuration", "read"),
  ...rights("robot", "read", "list"),
  ...rights("scan", "read"),
  ...rights("sbom", "read"),
  ...rights("scanner", "read"),
  ...rights("artifact", "create", "read", "list"),
  ...rights("artifact-addition", "read"),
  ...rights("tag", "list", "create"),
  ...rights("accessory", "list"),
  ...rights("artifact-label", "create", "delete"),
  ...rights("export-cve", "create", "read", "list"),
  ...rights("project", "update", "delete"),
  ...rights("member", "create", "update", "delete"),
  ...rights("metadata", "create", "read", "update", "delete"),
  ...rights("log", "list"),
  ...rights("label", "create", "update", "delete"),
  ...rights("repository", "delete"),
  ...rights("immutable-tag", "create", "update", "delete", "list"),
  ...rights("configuration", "update"),
  ...rights("robot", "create", "update", "delete"),
  ...rights("notification-policy", "create", "update", "delete", "list", "read"),
  ...rights("scan", "create", "stop"),
  ...rights("sbom", "create", "stop"),
  ...rights("scanner", "create"),
  ...rights("artifact", "delete"),
  ...rights("tag", "delete"),
  ...rights("preheat-policy", ...crudl),
];

/** What everybody may do in a public project, logged in or not. */
export const publicRights: readonly string[] = [
  ...rights("project", "read"),
  ...rights("label", "read", "list"),
  ...rights("repository", "list", "pull"),
  ...rights("configuration", "read"),
  ...rights("scan", "read"),
  ...rights("sbom", "read"),
  ...rights("scanner", "read"),
  ...rights("artifact", "read", "list"),
  ...rights("artifact-addition", "read"),
  ...rights("tag", "list"),
  ...rights("accessory", "list"),
];

const limitedGuest = [...publicRights, "quota:read", "repository:read"];
const guest = [...limitedGuest, "member:read", "member:list", "robot:read", "robot:list"];
const developer = [
  ...guest,
  ...rights("repository", "create", "update", "push"),
  ...rights("artifact", "create"),
  ...rights("tag", "create"),
  ...rights("artifact-label", "create", "delete"),
  ...rights("export-cve", "create", "read", "list"),
];
const maintainer = [
  ...developer,
  ...rights("metadata", "create", "read", "update", "delete"),
  ...rights("log", "list"),
  ...rights("label", "create", "update", "delete"),
  ...rights("repository", "delete"),
  ...rights("tag-retention", ...crudl, "operate"),
  ...rights("immutable-tag", "create", "update", "delete", "list"),
  ...rights("notification-policy", "list", "read"),
  ...rights("scan", "create", "stop"),
  ...rights("sbom", "create", "stop"),
  ...rights("artifact", "delete"),
  ...rights("tag", "delete"),
];

/** What roles of people may do in a project (harbor.md §1.8). */
export const roleRights: Readonly<Record<ProjectRole, readonly string[]>> = {
  projectAdmin: projectRights,
  maintainer,
  developer,
  guest,
  limitedGuest,
};
