import type { PartReply } from "../listener.ts";
import { listAudit, listEventTypes, listProjectAudit } from "./audit-list.ts";
import { getConfigurations, putConfigurations } from "./configurations.ts";
import type { HarborCall } from "./context.ts";
import {
  deleteEndpoint,
  endpointInfo,
  getEndpoint,
  listEndpoints,
  pingEndpoint,
  postEndpoint,
  putEndpoint,
} from "./endpoints.ts";
import { legacyRobots } from "./legacy-robots.ts";
import { deleteMember, listMembers, postMember, projectSummary, putMember } from "./members.ts";
import {
  deleteProject,
  deleteRepository,
  getProject,
  headProject,
  isDeletable,
  listProjects,
  postProject,
} from "./projects.ts";
import { getExecution, listExecutions, listTasks, postExecution, stopExecution } from "./replication-executions.ts";
import { deletePolicy, getPolicy, listPolicies, postPolicy, putPolicy } from "./replication-policies.ts";
import { postRobot } from "./robot-create.ts";
import { getRobot, listRobots } from "./robot-reads.ts";
import { deleteRobot, patchRobot, putRobot } from "./robot-writes.ts";
import * as sundry from "./sundry-reads.ts";
import { health, ownPermissions, permissions, ping, systemInfo } from "./system.ts";
import {
  currentUser,
  deleteUser,
  getUser,
  listUsers,
  postUser,
  putPassword,
  putSysadmin,
  putUser,
  searchUsers,
} from "./users.ts";
import { deleteWebhook, getWebhook, listWebhooks, postWebhook, webhookEvents } from "./webhooks.ts";

type Handler = (call: HarborCall, first: string, second: string) => PartReply | Promise<PartReply>;

interface Route {
  readonly pattern: RegExp;
  readonly methods: Readonly<Record<string, Handler>>;
  /** `application/json` where absent. */
  readonly produces?: string;
  /** Oldest and newest minor of Harbor 2 that has it. */
  readonly sinceMinor?: number;
  readonly untilMinor?: number;
}

/** `/a/*\/b` → the pattern with one group for each star. */
function at(path: string): RegExp {
  return new RegExp(`^${path.replaceAll("*", "([^/]+)")}$`);
}

/** What `/api/v2.0` has, as far as it is played here. */
export const routes: readonly Route[] = [
  { pattern: at("/ping"), methods: { GET: ping }, produces: "text/plain" },
  { pattern: at("/health"), methods: { GET: health } },
  { pattern: at("/systeminfo"), methods: { GET: systemInfo } },
  { pattern: at("/systeminfo/volumes"), methods: { GET: sundry.volumes } },
  { pattern: at("/systeminfo/getcert"), methods: { GET: sundry.certificate } },
  { pattern: at("/permissions"), methods: { GET: permissions }, sinceMinor: 10 },
  { pattern: at("/configurations"), methods: { GET: getConfigurations, PUT: putConfigurations } },
  { pattern: at("/internalconfig"), methods: { GET: sundry.internalConfig } },

  { pattern: at("/users"), methods: { POST: postUser, GET: listUsers } },
  { pattern: at("/users/current"), methods: { GET: currentUser } },
  { pattern: at("/users/current/permissions"), methods: { GET: ownPermissions } },
  { pattern: at("/users/search"), methods: { GET: searchUsers } },
  { pattern: at("/users/*"), methods: { PUT: putUser, GET: getUser, DELETE: deleteUser } },
  { pattern: at("/users/*/sysadmin"), methods: { PUT: putSysadmin } },
  { pattern: at("/users/*/password"), methods: { PUT: putPassword } },

  { pattern: at("/robots"), methods: { POST: postRobot, GET: listRobots } },
  { pattern: at("/robots/*"), methods: { PUT: putRobot, GET: getRobot, PATCH: patchRobot, DELETE: deleteRobot } },
  { pattern: at("/projects/*/robots"), methods: { GET: legacyRobots }, untilMinor: 12 },

  { pattern: at("/projects"), methods: { POST: postProject, GET: listProjects, HEAD: headProject } },
  { pattern: at("/projects/*"), methods: { GET: getProject, DELETE: deleteProject } },
  { pattern: at("/projects/*/_deletable"), methods: { GET: isDeletable } },
  { pattern: at("/projects/*/summary"), methods: { GET: projectSummary } },
  { pattern: at("/projects/*/members"), methods: { POST: postMember, GET: listMembers } },
  { pattern: at("/projects/*/members/*"), methods: { PUT: putMember, DELETE: deleteMember } },
  { pattern: at("/projects/*/repositories"), methods: { GET: sundry.listRepositories } },
  { pattern: at("/projects/*/repositories/*"), methods: { DELETE: deleteRepository } },
  { pattern: at("/projects/*/webhook/events"), methods: { GET: webhookEvents } },
  { pattern: at("/projects/*/webhook/policies"), methods: { POST: postWebhook, GET: listWebhooks } },
  { pattern: at("/projects/*/webhook/policies/*"), methods: { GET: getWebhook, DELETE: deleteWebhook } },
  { pattern: at("/repositories"), methods: { GET: sundry.listAllRepositories } },
  { pattern: at("/search"), methods: { GET: sundry.search } },
  { pattern: at("/quotas"), methods: { GET: sundry.listQuotas } },
  { pattern: at("/labels"), methods: { GET: sundry.listLabels } },

  { pattern: at("/audit-logs"), methods: { GET: (call) => listAudit(call, false) } },
  { pattern: at("/auditlog-exts"), methods: { GET: (call) => listAudit(call, true) }, sinceMinor: 13 },
  { pattern: at("/auditlog-exts/events"), methods: { GET: listEventTypes }, sinceMinor: 13 },
  { pattern: at("/projects/*/logs"), methods: { GET: (call, name) => listProjectAudit(call, name, false) } },
  {
    pattern: at("/projects/*/auditlog-exts"),
    methods: { GET: (call, name) => listProjectAudit(call, name, true) },
    sinceMinor: 13,
  },

  { pattern: at("/registries"), methods: { POST: postEndpoint, GET: listEndpoints } },
  { pattern: at("/registries/ping"), methods: { POST: pingEndpoint } },
  { pattern: at("/registries/*"), methods: { GET: getEndpoint, PUT: putEndpoint, DELETE: deleteEndpoint } },
  { pattern: at("/registries/*/info"), methods: { GET: endpointInfo } },
  { pattern: at("/replication/adapters"), methods: { GET: sundry.listAdapters } },
  { pattern: at("/replication/policies"), methods: { POST: postPolicy, GET: listPolicies } },
  { pattern: at("/replication/policies/*"), methods: { GET: getPolicy, PUT: putPolicy, DELETE: deletePolicy } },
  { pattern: at("/replication/executions"), methods: { POST: postExecution, GET: listExecutions } },
  { pattern: at("/replication/executions/*"), methods: { GET: getExecution, PUT: stopExecution } },
  { pattern: at("/replication/executions/*/tasks"), methods: { GET: listTasks } },

  // Rooms of Harbor that stay empty here: what a caller may not see is refused all the same.
  { pattern: at("/p2p/preheat/instances"), methods: { GET: sundry.emptyList("preheat-instance", "list") } },
  { pattern: at("/scanners"), methods: { GET: sundry.emptyList("scanner", "list") } },
  { pattern: at("/usergroups"), methods: { GET: sundry.emptyList("user-group", "list") } },
  { pattern: at("/system/gc"), methods: { GET: sundry.emptyList("garbage-collection", "list") } },
  { pattern: at("/system/purgeaudit"), methods: { GET: sundry.emptyList("purge-audit", "list") } },
  { pattern: at("/system/scanAll/schedule"), methods: { GET: sundry.constant("scan-all", "read", {}) } },
  { pattern: at("/jobservice/pools"), methods: { GET: sundry.workerPools } },
  { pattern: at("/security/summary"), methods: { GET: sundry.constant("security-hub", "read", {}) } },
  { pattern: at("/export/cve/executions"), methods: { GET: sundry.exportExecutions } },
  { pattern: at("/ldap/ping"), methods: { POST: sundry.notPlayed } },
];
