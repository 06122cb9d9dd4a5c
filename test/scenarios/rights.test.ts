import { expect, test } from "vitest";
import { lookAtHome } from "../../core/app/inspect.ts";
import { credentialName } from "../../functions/sandbox/configuration.ts";
import { type Configuration, given, type Story } from "./story.ts";

async function lookedAt(story: Story): Promise<readonly string[]> {
  const { tools } = story;
  const inputs = {
    nowMs: Date.now(),
    entropy: tools.entropy,
    owner: tools.owners.next,
    deadlineMs: Date.now() + 60_000,
  };
  return (await lookAtHome(tools, credentialName, inputs)).problems.map(({ code, text }) => `${code}: ${text}`);
}

const asking =
  (...actions: string[]) =>
  (configuration: Configuration) => {
    const credential = configuration.credentials[credentialName];
    const access = actions.map((action) => ({ resource: "repository", action }));
    const robot = { permissions: [{ namespace: "apps", access }] };
    return { ...configuration, credentials: { [credentialName]: { ...credential, robot } } };
  };

/** An administrator edits the current robot by hand. */
async function putRights(story: Story, actions: readonly string[]): Promise<void> {
  const { endpoint, admin } = story.sandbox.describe().harbor;
  const url = `${endpoint}/api/v2.0/robots/${(await story.ledger()).current?.robot.id}`;
  const login = Buffer.from(`${admin.username}:${admin.password.reveal()}`).toString("base64");
  const access = actions.map((action) => ({ resource: "repository", action }));
  const headers = { authorization: `Basic ${login}`, "content-type": "application/json" };
  const row = (await (await fetch(url, { headers })).json()) as object;
  const permissions = [{ kind: "project", namespace: "apps", access }];
  const reply = await fetch(url, { method: "PUT", headers, body: JSON.stringify({ ...row, permissions }) });
  expect(reply.status).toBe(200);
}

test("rights are compared as sets: what the file wants anew waits for a rotation, what was edited by hand is named", async () => {
  const story = await given({ clusters: 1, namespaces: 1, configured: asking("push", "pull") });
  await story.untilIdle();
  await story.configure(asking("pull", "push", "pull"));
  expect(await lookedAt(story)).toEqual([]);

  await story.configure(asking("pull"));
  expect(await lookedAt(story)).toEqual([
    "change-waits: the file wants other than generation 1 was made of: rights (less: repository:push on project apps). The next rotation brings it, or capstan rotate at once",
  ]);
  await story.untilIdle();
  expect((await story.ledger()).current?.generation).toBe(1);
  await story.untilIdle({ type: "rotate" });
  expect(await lookedAt(story)).toEqual([]);

  await putRights(story, ["pull", "delete"]);
  expect(await lookedAt(story)).toEqual([
    expect.stringMatching(
      /^rights-drifted: robot\$platform-pull-g2-\w+ may do other than generation 2 was made with, more: repository:delete on project apps: /,
    ),
  ]);
});
