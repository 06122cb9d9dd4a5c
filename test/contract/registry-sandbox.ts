import { createHarborRegistry } from "../../core/drivers/harbor/registry.ts";
import type { Login, Registry } from "../../core/ports/registry.ts";
import { Secret } from "../../core/secret.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { startHarbor } from "../../functions/sandbox/harbor/start-harbor.ts";
import type { RegistryHarness } from "./registry-suite.ts";

const startMs = Date.UTC(2027, 0, 15, 8);

/** The Harbor driver against the sandbox as this version. */
export async function sandboxRegistry(version: string): Promise<RegistryHarness> {
  let nowMs = startMs;
  const faults = new FaultBoard();
  const adminPassword = "Admin-canary-51c0";
  const clock = () => nowMs;
  const harbor = await startHarbor({ faults, nowMs: clock, adminPassword, failedLoginDelayMs: 2, version });
  const admin: Login = { username: "admin", password: new Secret(adminPassword) };
  let issuer = admin;
  let broken = false;
  let issuers = 0;
  const create = (project: string | null): ReturnType<typeof createHarborRegistry> =>
    createHarborRegistry({
      endpoint: harbor.url,
      pullEndpoints: [harbor.url, harbor.url.replace("127.0.0.1", "localhost")],
      issuer: () => (broken ? { ...issuer, password: new Secret("Wrong-secret-1") } : issuer),
      robotLevel: project === null ? { level: "system" } : { level: "project", project },
      nowMs: () => nowMs,
      sleep: async () => {},
      requestTimeoutMs: 5000,
    });
  const authorization = ({ username, password }: Login) =>
    `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString("base64")}`;
  return {
    version,
    registry: create(null),
    ofProject: (project): Registry => create(project),
    nowMs: () => nowMs,
    clockToleranceMs: 0,
    advanceMs(ms) {
      nowMs += ms;
    },
    createProject(name, options) {
      harbor.createProject(name, options);
    },
    issueAs(permissions) {
      issuers += 1;
      issuer = permissions === null ? admin : harbor.issuer(`issuer-${issuers}`, permissions);
    },
    breakIssuer(wanted) {
      broken = wanted;
    },
    setReadOnly: harbor.setReadOnly,
    setPrefix: harbor.setRobotPrefix,
    async disable(id) {
      const url = `${harbor.url}/api/v2.0/robots/${id}`;
      const headers = { authorization: authorization(admin), "content-type": "application/json" };
      const robot = (await (await fetch(url, { headers })).json()) as object;
      const body = JSON.stringify({ ...robot, disable: true });
      const { status } = await fetch(url, { method: "PUT", headers, body });
      if (status !== 200) throw new Error(`PUT answered ${status}`);
    },
    async pull(login, project) {
      harbor.pushImage(project, "app", "v1", [Buffer.from("layer")]);
      const url = `${harbor.url}/v2/${project}/app/manifests/v1`;
      const { status } = await fetch(url, { headers: { authorization: authorization(login) } });
      if (status !== 200) throw new Error(`the pull ended with ${status}`);
    },
    setPullAudit: harbor.setPullAudit,
    secrets: () => [adminPassword],
    wire: { faults, requests: (kind) => harbor.counts.get(kind) ?? 0 },
    close: harbor.close,
  };
}
