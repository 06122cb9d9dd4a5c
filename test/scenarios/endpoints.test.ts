import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TickResult } from "../../core/app/tick.ts";
import { credentialName } from "../../functions/sandbox/configuration.ts";
import { livingRobots } from "./expectations.ts";
import { type Configuration, given, hourMs, problemsIn, type Story } from "./story.ts";

const words = "Images of the first Harbor. Ask Ann.";

/** The second Harbor, as its administrator. */
async function ask(story: Story, method: string, path: string, body?: object) {
  const { endpoint, admin } = story.sandbox.describe().harbors[1] ?? story.sandbox.describe().harbor;
  const headers = {
    authorization: `Basic ${btoa(`${admin.username}:${admin.password.reveal()}`)}`,
    "content-type": "application/json",
  };
  const request = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const reply = await fetch(`${endpoint}/api/v2.0${path}`, request);
  const text = await reply.text();
  return { status: reply.status, body: text === "" ? null : JSON.parse(text) };
}

const endpoint = async (story: Story) => (await ask(story, "GET", "/registries/1")).body;
const ping = async (story: Story) => (await ask(story, "POST", "/registries/ping", { id: 1 })).status;
const executions = async (story: Story) =>
  (await ask(story, "GET", "/replication/executions?policy_id=1")).body as readonly {
    status: string;
    status_text: string;
    succeed: number;
  }[];

/** The second Harbor pulls from the first one, by a policy and a login that somebody made by hand. */
async function replicating(): Promise<Story> {
  const story = await given({ clusters: 1, namespaces: 1, harbors: 2 });
  const { harbor } = story.sandbox.describe();
  const hand = story.sandbox.harbor.issuer("replication-by-hand");
  const credential = { type: "basic", access_key: hand.username, access_secret: hand.password.reveal() };
  const made = { name: "Main", type: "harbor", url: harbor.endpoint, description: words, credential };
  expect((await ask(story, "POST", "/registries", made)).status).toBe(201);
  const filters = [{ type: "name", value: harbor.repository }];
  const policy = { name: "all", src_registry: { id: 1 }, dest_namespace: "copies", filters, enabled: true };
  expect((await ask(story, "POST", "/replication/policies", policy)).status).toBe(201);
  const file = join(story.folder, "two.secret");
  writeFileSync(file, story.sandbox.describe().harbor.admin.password.reveal());
  await story.configure((configuration) => withEndpoint(configuration, story, `file:${file}`));
  return story;
}

function withEndpoint(configuration: Configuration, story: Story, password: string) {
  const { registries: _both, ...credential } = configuration.credentials[credentialName] as {
    registries?: unknown;
  } & object;
  const { endpoint: url, admin } = story.sandbox.describe().harbors[1] ?? story.sandbox.describe().harbor;
  const two = { site: "aws", harbor: { endpoint: url, username: admin.username, password } };
  const targets = [{ clusters: ["two"], endpoint: "Main" }];
  return {
    ...configuration,
    clusters: { ...configuration.clusters, two },
    credentials: { [credentialName]: { ...credential, registry: "harbor", sites: ["aws"], targets } },
  };
}

async function ticks(story: Story, count: number): Promise<TickResult> {
  let result = await story.tick();
  for (let more = 1; more < count; more += 1) {
    story.passes(hourMs);
    result = await story.tick();
  }
  return result;
}

test("another Harbor's endpoint is a target: its login is handed over in place, and a run that began with the old one is waited for", async () => {
  const story = await replicating();
  await story.untilIdle();
  const first = await endpoint(story);
  expect(first.credential.access_key).toMatch(/^robot\$platform-pull-g1-/);
  expect(first.description).toMatch(
    new RegExp(`^${words}\ncapstan:\\{.*"epoch\\.capstan\\.dev/platform-pull":"[0-9a-f]{32}\\.1"`),
  );
  expect(await ping(story)).toBe(200);
  const quiet = await endpoint(story);
  await story.tick();
  expect(await endpoint(story)).toEqual(quiet);

  // A run that waits in the queue has the login of its beginning, and is not stopped by the new one.
  const [, second] = story.sandbox.harbors;
  second?.holdReplication(true);
  await ask(story, "POST", "/replication/executions", { policy_id: 1 });
  await expect.poll(async () => (await executions(story)).length).toBe(1);
  await story.tick({ type: "rotate" });
  const waiting = await ticks(story, 4);
  expect((await endpoint(story)).credential.access_key).toMatch(/^robot\$platform-pull-g2-/);
  expect(problemsIn(waiting).join("\n")).toMatch(
    /target-unserved: two\/registries\/Main: busy: .*replication execution 1, begun with the login before, still runs/,
  );
  expect(livingRobots(story)).toHaveLength(2);

  second?.holdReplication(false);
  await expect.poll(async () => (await executions(story))[0]?.status).toBe("Succeed");
  await story.untilIdle();
  expect(livingRobots(story)).toEqual([(await endpoint(story)).credential.access_key]);
  expect([await ping(story), (await executions(story))[0]?.succeed]).toEqual([200, 1]);
  const cache = { project_name: "cache", registry_id: 1, metadata: { public: "true" } };
  expect((await ask(story, "POST", "/projects", cache)).status).toBe(201);
  const { endpoint: url, admin } = story.sandbox.describe().harbors[1] ?? story.sandbox.describe().harbor;
  const headers = { authorization: `Basic ${btoa(`${admin.username}:${admin.password.reveal()}`)}` };
  expect((await fetch(`${url}/v2/cache/apps/hello/manifests/1`, { headers })).status).toBe(200);
});

test("what is no success is not taken for one: a login edited by hand, an endpoint that points elsewhere, none at all", async () => {
  const story = await replicating();
  await story.untilIdle();
  const served = (await endpoint(story)).credential.access_key;
  const other = story.sandbox.harbor.issuer("by-hand-again");
  const byHand = { access_key: other.username, access_secret: other.password.reveal() };
  expect((await ask(story, "PUT", "/registries/1", byHand)).status).toBe(200);
  await story.tick();
  expect((await endpoint(story)).credential.access_key).toBe(served);

  const { harbors } = story.sandbox.describe();
  await ask(story, "PUT", "/registries/1", { url: harbors[1]?.endpoint, access_key: "", access_secret: "" });
  expect(problemsIn(await story.tick()).join()).toMatch(
    /invalid: harbor: endpoint Main points to another registry than 127/,
  );
  expect((await endpoint(story)).credential.access_key ?? "").not.toBe(served);

  await ask(story, "PUT", "/registries/1", { name: "Elsewhere" });
  expect(problemsIn(await story.tick()).join()).toContain("there is no endpoint Main: make it");
});
