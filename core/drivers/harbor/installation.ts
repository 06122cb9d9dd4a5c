import type { InstallationFacts, NotLooked } from "../../ports/inventory.ts";
import type { Api } from "./api.ts";
import { isOutOfSight } from "./failures.ts";
import { pagesOf } from "./pages.ts";
import { creationReply, readReply, settingsReply, usersReply, webhooksReply } from "./replies.ts";
import { askWhoami } from "./whoami.ts";

const operation = "installation";

export interface Project {
  readonly id: number;
  readonly name: string;
  readonly isPrivate: boolean;
}

async function readSettings(api: Api) {
  const right = "to be an administrator";
  const reply = await api.call({ method: "GET", path: "/configurations", operation, right }, 200);
  return readReply(settingsReply, reply, operation);
}

async function readUsers(api: Api): Promise<ReadonlyMap<number, string>> {
  // The built-in administrator is in no list (recorded in 02-projects-users).
  const users = new Map([[1, "admin"]]);
  for await (const rows of pagesOf(api, {
    operation,
    path: "/users?sort=user_id",
    right: "user:list",
    shape: usersReply,
  }))
    for (const { user_id, username } of rows) users.set(user_id, username);
  return users;
}

async function webhooksWithHeader(api: Api, project: Project): Promise<readonly string[]> {
  const path = `/projects/${encodeURIComponent(project.name)}/webhook/policies?sort=id`;
  const right = `notification-policy:list on ${project.name}`;
  const found: string[] = [];
  for await (const policies of pagesOf(api, { operation, path, right, shape: webhooksReply })) {
    const open = policies.filter(({ targets }) => targets?.some(({ auth_header }) => auth_header));
    found.push(...open.map(({ name }) => name));
  }
  return found;
}

/** Settings, webhooks of these projects and, where wanted, people: as far as the login may see them. */
export async function readInstallation(
  api: Api,
  projects: readonly Project[],
  people: boolean,
): Promise<InstallationFacts> {
  const { version, readOnly } = await askWhoami(api);
  const notLooked: NotLooked[] = [];
  const orNote = async <T>(place: string, work: Promise<T>): Promise<T | null> => {
    try {
      return await work;
    } catch (error) {
      if (!isOutOfSight(error)) throw error;
      notLooked.push({ place, why: error.message });
      return null;
    }
  };
  const info = await api.call({ method: "GET", path: "/systeminfo", operation, right: "to log in" }, 200);
  const restriction = readReply(creationReply, info, operation).project_creation_restriction;
  const settings = await orNote("settings", readSettings(api));
  const users = people ? await orNote("users", readUsers(api)) : null;
  const webhookHeaders: { project: string; policy: string }[] = [];
  for (const project of projects) {
    const policies = await orNote(`webhooks of project ${project.name}`, webhooksWithHeader(api, project));
    for (const policy of policies ?? []) webhookHeaders.push({ project: project.name, policy });
  }
  const disabled = settings?.disabled_audit_log_event_types?.value.split(",") ?? [];
  return {
    version,
    readOnly,
    projectsByAdministratorsOnly: restriction === "adminonly",
    robotNamePrefix: settings?.robot_name_prefix?.value ?? null,
    tokenLifetimeMs: settings?.token_expiration === undefined ? null : settings.token_expiration.value * 60_000,
    pullAuditOff:
      settings === null ? null : disabled.includes("pull_artifact") || settings.skip_audit_log_database?.value === true,
    privateProjects: projects.filter(({ isPrivate }) => isPrivate).map(({ name }) => name),
    webhookHeaders,
    users: users ?? new Map(),
    notLooked,
  };
}
