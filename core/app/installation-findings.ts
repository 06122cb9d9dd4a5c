import { PortError } from "../ports/errors.ts";
import type { InstallationFacts, NotLooked } from "../ports/inventory.ts";
import { credentialOf, registryPortOf } from "./settings.ts";
import type { Tools } from "./tools.ts";

export interface Finding {
  /** A word for scripts: `pull-robots-may-create-projects`. */
  readonly code: string;
  readonly text: string;
  readonly mend: string;
  /** What it is about, all of them: usernames, `project/policy`, `cluster: namespace/secret`. */
  readonly about: readonly string[];
}

const longTokensMs = 60 * 60_000;

/** Every system robot may create projects, unless only administrators may (harbor.md §4). */
export function mayCreateProjects(facts: InstallationFacts, robots: readonly string[]): Finding {
  return {
    code: "pull-robots-may-create-projects",
    text: "system robots that are meant to pull may create projects, as every system robot may",
    mend: "let only administrators create projects, or use robots of a project",
    about: facts.projectsByAdministratorsOnly ? [] : robots,
  };
}

/** What a person should look at in the settings of a Harbor. `silent`: its audit log shows no pull of anybody. */
export function installationFindings(facts: InstallationFacts, silent: boolean): readonly Finding[] {
  const { robotNamePrefix: prefix, tokenLifetimeMs, pullAuditOff, readOnly, webhookHeaders, version } = facts;
  const oddPrefix = prefix !== null && (prefix.trim() === "" || /[\s:]/.test(prefix));
  return [
    {
      code: "webhook-header-readable",
      text: "webhooks whose Authorization header is shown in clear to all who may list them, robots too",
      mend: "treat those tokens as known, or take notification-policy:list and project:read on * from robots",
      about: webhookHeaders.map(({ project, policy }) => `${project}/${policy}`),
    },
    {
      code: "name-prefix",
      text: "the prefix of robots' names is empty, or holds a blank or a colon, which Basic logins cannot carry",
      mend: "set robot_name_prefix to something like robot$; it renames all robots at once",
      about: oddPrefix ? [JSON.stringify(prefix)] : [],
    },
    {
      code: "audit-off",
      text: "pulls leave no trace in the audit log: nothing tells whether a robot is still used",
      mend: "take pull_artifact out of disabled_audit_log_event_types",
      about: pullAuditOff === true || (pullAuditOff === null && silent) ? [version] : [],
    },
    {
      code: "token-lifetime",
      text: "bearer tokens live long: a deleted robot pulls on as long",
      mend: "lower token_expiration, 30 minutes is usual",
      about: tokenLifetimeMs !== null && tokenLifetimeMs > longTokensMs ? [`${tokenLifetimeMs / 60_000} minutes`] : [],
    },
    {
      code: "read-only",
      text: "read-only mode is on: no robot can be made or deleted",
      mend: "switch it off before the next rotation is due",
      about: readOnly ? [version] : [],
    },
  ];
}

export interface InstallationLook {
  readonly registry: string;
  readonly findings: readonly Finding[];
  /** What the issuer may not see. */
  readonly notLooked: readonly NotLooked[];
  /** Null: it was looked at. */
  readonly problem: string | null;
}

/** The Harbors of these credentials as their issuers see them; reads only, and never throws for one that cannot be asked. */
export function lookAtInstallations(tools: Tools, names: readonly string[]): Promise<readonly InstallationLook[]> {
  const registries = [...new Set(names.map((name) => credentialOf(tools.config, name).registry))];
  return Promise.all(registries.map((registry) => lookAtOne(tools, registry, names)));
}

async function lookAtOne(tools: Tools, registry: string, names: readonly string[]): Promise<InstallationLook> {
  const own = names.filter((name) => credentialOf(tools.config, name).registry === registry);
  const [first = ""] = own;
  const nothing = { registry, findings: [], notLooked: [] };
  const inspection = tools.issuers[registryPortOf(credentialOf(tools.config, first))];
  if (inspection === undefined) return { ...nothing, problem: "this registry does not tell of its settings" };
  const robots = own.map((name) => ({ name, ...credentialOf(tools.config, name).robot }));
  const scopes = robots.flatMap(({ permissions }) => permissions);
  const projects = scopes.filter(({ kind, namespace }) => kind === "project" && namespace !== "*");
  const ofSystem = robots.filter(
    ({ level, permissions }) =>
      level === "system" &&
      permissions.every(({ access }) => access.every(({ resource }) => resource === "repository")),
  );
  try {
    const facts = await inspection.installation([...new Set(projects.map(({ namespace }) => namespace))]);
    const seen = [
      ...installationFindings(facts, false),
      mayCreateProjects(
        facts,
        ofSystem.map(({ name }) => name),
      ),
    ];
    return {
      registry,
      findings: seen.filter(({ about }) => about.length > 0),
      notLooked: facts.notLooked,
      problem: null,
    };
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    return { ...nothing, problem: error.message };
  }
}
