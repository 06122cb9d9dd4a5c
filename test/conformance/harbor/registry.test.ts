import { setTimeout as sleep } from "node:timers/promises";
import { createHarborRegistry } from "../../../core/drivers/harbor/registry.ts";
import type { Registry } from "../../../core/ports/registry.ts";
import { Secret } from "../../../core/secret.ts";
import { type RegistryHarness, registryContract, wirelessSkips } from "../../contract/registry-suite.ts";
import { LiveHarbor } from "./live-harbor.ts";

/** Clocks of two machines, and the second that a `Date` header is cut to. */
const clockToleranceMs = 5000;

async function liveHarness(): Promise<RegistryHarness> {
  const live = new LiveHarbor("contract-");
  const admin = { username: live.admin, password: new Secret(live.password) };
  let issuer = admin;
  let broken = false;
  let issuers = 0;
  const create = (project: string | null): ReturnType<typeof createHarborRegistry> =>
    createHarborRegistry({
      endpoint: live.url,
      issuer: () => (broken ? { ...issuer, password: new Secret("Wrong-secret-1") } : issuer),
      robotLevel: project === null ? { level: "system" } : { level: "project", project },
      nowMs: () => Date.now(),
    });
  const registry = create(null);
  const { version } = await registry.whoami();
  process.stdout.write(`conformance with Harbor ${version}\n`);
  const configure = (settings: object) => live.call("PUT", "/configurations", settings).then(() => undefined);
  return {
    version,
    registry,
    ofProject: (project): Registry => create(project),
    nowMs: () => Date.now(),
    clockToleranceMs,
    advanceMs: (ms) => sleep(ms),
    createProject: (name, options) => live.createProject(name, options),
    async issueAs(permissions) {
      issuers += 1;
      const made =
        permissions === null ? null : await live.createRobot(`contract-issuer-${Date.now()}-${issuers}`, permissions);
      issuer = made === null ? admin : { username: made.username, password: new Secret(made.password) };
    },
    breakIssuer(wanted) {
      broken = wanted;
    },
    setReadOnly: (readOnly) => configure({ read_only: readOnly }),
    setPrefix: (prefix) => configure({ robot_name_prefix: prefix }),
    async disable(id) {
      const robot = (await live.call("GET", `/robots/${id}`)) as object;
      await live.call("PUT", `/robots/${id}`, { ...robot, disable: true });
    },
    async pull({ username, password }, project) {
      await live.pushImage(project);
      const login = { username, password: password.reveal() };
      const { status } = await live.send(login, "GET", `/v2/${project}/app/manifests/v1`);
      if (status !== 200) throw new Error(`the pull ended with ${status}`);
      // The row is written behind the answer (harbor.md §3: within 0.2 s).
      await sleep(1000);
    },
    setPullAudit: (on) => configure({ disabled_audit_log_event_types: on ? "" : "pull_artifact" }),
    secrets: () => [live.password],
    wire: null,
    async close() {
      process.stdout.write(`conformance cleaned up: ${await live.cleanUp()}\n`);
    },
  };
}

const settings = "would change a setting for everybody who uses this Harbor; HARBOR_DISPOSABLE=yes allows it";
const ofDisposable =
  process.env["HARBOR_DISPOSABLE"] === "yes"
    ? {}
    : {
        "whoami names the issuer, the version and whether writing is off": settings,
        "read-only mode denies writes by that reason, and reads go on": settings,
        "a changed prefix renames all robots, and the list still finds them": settings,
        "after a change of the prefix the old name is refused and the new one accepted": settings,
        "a log that is off is no evidence, however much is pulled": settings,
      };

registryContract("Harbor driver against a Harbor of yours", liveHarness, {
  ...wirelessSkips("the wire to a Harbor of yours cannot be broken from here"),
  ...ofDisposable,
  "a robot is refused from the second on in which it expires": "robots live whole days: a day would have to pass",
  "silence of everybody is no evidence": "on a Harbor in use somebody else may pull meanwhile, and that is evidence",
});
