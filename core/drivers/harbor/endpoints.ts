import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster, SecretFacts, TargetWrite } from "../../ports/cluster.ts";
import { PortError } from "../../ports/errors.ts";
import type { NamespaceWatch } from "../../ports/namespace-watch.ts";
import type { Login } from "../../ports/registry.ts";
import { pullSecretType } from "../../pullsecret/index.ts";
import { checkEndpoint } from "../http/dispatcher.ts";
import { createApi } from "./api.ts";
import { type EndpointMark, parseDescription, writeDescription } from "./endpoint-mark.ts";
import { createLoginGate } from "./login-gate.ts";
import type { HarborOptions } from "./options.ts";
import { encodeQ } from "./query.ts";
import { runningBefore } from "./replications.ts";
import { readReply, registriesReply, registryReply } from "./replies.ts";
import { createWire } from "./wire.ts";

type Row = ReturnType<typeof registryReply.parse>;

export type HarborEndpointsOptions = Pick<
  HarborOptions,
  "endpoint" | "caFile" | "nowMs" | "sleep" | "requestTimeoutMs"
> & {
  /** Needs registry:list, read and update, replication-policy:list and replication:list at system. */
  readonly login: () => Promise<Login> | Login;
};

/** Every endpoint is in this one "namespace": Harbor has no such thing. */
export const endpointNamespace = "registries";

/**
 * A Harbor's registry endpoints, with which it replicates from another Harbor or caches for it, as targets: name of
 * the endpoint for the Secret's. The login goes in by one partial PUT, for which Harbor tries it at the other Harbor
 * first; the masked secret is never sent back. What an endpoint holds can be read as a username and by a live check
 * alone, so content is `masked`. Marks stand in the description, behind what people wrote there.
 */
export function createHarborEndpoints(options: HarborEndpointsOptions): Cluster & NamespaceWatch {
  checkEndpoint(options.endpoint);
  const wire = createWire({ ...options, issuer: options.login, robotLevel: { level: "system" } });
  const api = createApi(wire, {
    endpoint: options.endpoint,
    issuer: options.login,
    gate: createLoginGate(options.nowMs),
    nowMs: options.nowMs,
    sleep: options.sleep ?? ((ms) => sleep(ms)),
  });

  async function find(name: string): Promise<Row | null> {
    const operation = "endpoint";
    const q = encodeQ([["name", "=", name]]);
    if (q === null) throw refused(operation, `the name ${name} cannot be asked for`);
    const path = `/registries?${q}&page_size=100`;
    const reply = await api.call({ method: "GET", path, operation, right: "registry:list at system" }, 200);
    return readReply(registriesReply, reply, operation).find((row) => row.name === name) ?? null;
  }

  /** Does its stored login work at the other Harbor? A replication's status would prove nothing (harbor.md §5). */
  async function works(id: number): Promise<boolean> {
    const right = "registry:read at system";
    const call = { method: "POST", path: "/registries/ping", body: { id }, operation: "endpoint-ping", right } as const;
    try {
      await api.call(call, 200);
      return true;
    } catch (error) {
      if (error instanceof PortError && error.kind === "invalid" && error.status === 400) return false;
      throw error;
    }
  }

  async function factsOf(row: Row): Promise<SecretFacts> {
    const { mark } = parseDescription(row.description);
    const username = row.credential?.access_key ?? null;
    if (mark !== null) {
      const running = await runningBefore(api, row.id, mark.atMs);
      if (running !== null)
        throw new PortError(
          "conflict",
          `harbor: endpoint ${row.name}: replication execution ${running}, begun with the login before, still runs`,
          {
            system: "harbor",
            operation: "endpoint",
            reason: "busy",
          },
        );
    }
    return {
      namespace: endpointNamespace,
      name: row.name,
      uid: String(row.id),
      resourceVersion: row.update_time,
      // To the protocol it is a pull Secret: one login for one registry.
      type: pullSecretType,
      immutable: false,
      labels: mark?.labels ?? {},
      annotations: mark?.annotations ?? {},
      otherOwners: [],
      content:
        username === null
          ? { state: "absent" }
          : { state: "masked", username, works: mark !== null && (await works(row.id)) },
    };
  }

  async function applyNow(write: TargetWrite): Promise<SecretFacts> {
    const operation = "endpoint-write";
    const [found, ...more] = Object.entries(write.logins);
    if (found === undefined || more.length > 0) throw refused(operation, "an endpoint holds one login");
    const [host, login] = found;
    const path = `/registries/${write.uid}`;
    const reply = await api.call({ method: "GET", path, operation, right: "registry:read at system" }, 200).catch(gone);
    const row = readReply(registryReply, reply, operation);
    if (row.update_time !== write.resourceVersion)
      throw new PortError("conflict", `harbor: endpoint ${row.name} was changed meanwhile`, {
        system: "harbor",
        operation,
        reason: "stale-writer",
      });
    // The login is sent there by Harbor itself, to be tried: to nobody but the registry that it is for.
    if (!URL.canParse(row.url) || new URL(row.url).host !== host)
      throw refused(operation, `endpoint ${row.name} points to another registry than ${host}`);
    const mark: EndpointMark = {
      labels: write.labels,
      annotations: write.annotations,
      atMs: reply.serverMs ?? options.nowMs(),
    };
    const description = writeDescription(parseDescription(row.description).text, mark);
    if (description === null)
      throw refused(operation, `the description of endpoint ${row.name} leaves no room for a mark`);
    const body = {
      credential_type: "basic",
      access_key: login.username,
      access_secret: login.password.reveal(),
      description,
    };
    try {
      await api.call({ method: "PUT", path, body, operation, right: "registry:update at system" }, 200);
    } catch (error) {
      if (error instanceof PortError && error.status === 400)
        throw refused(
          operation,
          `${host} does not take the login from this Harbor, or is not reached: nothing was changed`,
          400,
        );
      throw error;
    }
    return { ...bare(row), labels: write.labels, annotations: write.annotations };
  }

  return {
    async listNamespaces() {
      return [{ name: endpointNamespace, terminating: false }];
    },
    async listSecrets() {
      throw refused("endpoints", "endpoints are read by name, and not listed");
    },
    async readSecret(_namespace, name) {
      const row = await find(name);
      return row === null ? null : factsOf(row);
    },
    async readExternalSecret() {
      return null;
    },
    async createEmptySecret(_namespace, name) {
      throw refused(
        "endpoint-create",
        `there is no endpoint ${name}: make it, with any login that works, and it is taken over`,
      );
    },
    applySecret: applyNow,
    async linkPullSecret() {
      throw refused("endpoint-link", "an endpoint has no ServiceAccounts");
    },
    async unlinkPullSecret() {
      throw refused("endpoint-link", "an endpoint has no ServiceAccounts");
    },
    async deleteSecret(_namespace, name) {
      throw refused("endpoint-delete", `endpoint ${name} is not Capstan's to delete`);
    },
    async watchNamespaces() {
      throw refused("endpoints", "there is nothing to watch");
    },
  };
}

/** As written; what it holds is read back, never taken from here. */
function bare(row: Row): SecretFacts {
  return {
    ...{ namespace: endpointNamespace, name: row.name, uid: String(row.id), resourceVersion: row.update_time },
    ...{ type: pullSecretType, immutable: false, labels: {}, annotations: {}, otherOwners: [] },
    content: { state: "absent" },
  };
}

function gone(error: unknown): never {
  if (!(error instanceof PortError) || error.kind !== "not-found") throw error;
  const where = { system: "harbor", operation: "endpoint-write", reason: "wrong-uid" } as const;
  throw new PortError("conflict", "harbor: the endpoint was deleted meanwhile", where);
}

function refused(operation: string, why: string, status?: number): PortError {
  const where = { system: "harbor", operation, ...(status === undefined ? {} : { status }) };
  return new PortError("invalid", `harbor: ${why}`, where);
}
