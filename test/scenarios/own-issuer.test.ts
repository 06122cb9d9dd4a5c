import { expect, test } from "vitest";
import { lookAtIssuer } from "../../core/app/inspect-issuer.ts";
import { tick } from "../../core/app/tick.ts";
import type { Act } from "../../core/protocol/settings.ts";
import { issuerLines } from "../../functions/cli/issuer-lines.ts";
import { credentialName } from "../../functions/sandbox/configuration.ts";
import { expectServed } from "./expectations.ts";
import { type Configuration, given, type Story } from "./story.ts";

const own = "harbor-issuer";
const over = (...actions: string[]) => actions.map((action) => ({ resource: "robot", action }));

/** The issuer's robot was made by hand once; from then on the credential `harbor-issuer` rotates it. */
function rotatingItself(configuration: Configuration) {
  const { harbor } = configuration.registries;
  const { [credentialName]: pull } = configuration.credentials;
  const permissions = [
    { kind: "system", namespace: "/", access: over("create", "read", "list", "delete") },
    { namespace: "*", access: [{ resource: "repository", action: "pull" }] },
  ];
  return {
    ...configuration,
    registries: { harbor: { ...harbor, issuer: { ...harbor.issuer, credential: own } } },
    credentials: {
      [credentialName]: { ...pull, sites: ["aws"] },
      [own]: {
        registry: "harbor",
        home: "aws",
        robot: { adopts: harbor.issuer.username, permissions },
        proof: pull.proof,
      },
    },
  };
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly creator_type?: string;
  readonly creator_ref?: number;
}

/** Living robots, as the administrator sees them: name without attempt ← its maker. */
async function robots(story: Story): Promise<readonly string[]> {
  const { endpoint, admin } = story.sandbox.describe().harbor;
  const headers = { authorization: `Basic ${btoa(`${admin.username}:${admin.password.reveal()}`)}` };
  const rows = (await (await fetch(`${endpoint}/api/v2.0/robots`, { headers })).json()) as readonly Row[];
  const short = (name: string) => name.replace(/-[0-9a-f]{8}$/, "");
  const all = story.sandbox.harbor.robots();
  const makerOf = ({ creator_type: type, creator_ref: id }: Row) =>
    type === "robot" ? short(all.find((robot) => robot.id === id)?.username ?? "?") : "admin";
  return rows.map((row) => `${short(row.name)} by ${makerOf(row)}`).sort();
}

async function rotate(story: Story, ...names: string[]): Promise<void> {
  story.passes(61_000);
  const acts = Object.fromEntries(names.map((name): [string, Act] => [name, { type: "rotate" }]));
  await tick(story.tools, { sites: Object.keys(story.tools.config.sites), credentials: [], acts, deadlineMs: null });
  await story.untilIdle();
}

test("the issuer's own robot is rotated like any other, and mints and retires under each of its names", async () => {
  const story = await given({ clusters: 1, namespaces: 1, configured: rotatingItself });
  const { issuer, endpoint, admin } = story.sandbox.describe().harbor;
  await story.untilIdle();
  expect(await robots(story)).toEqual([
    `${issuer.username} by admin`,
    `robot$${own}-g1 by ${issuer.username}`,
    `robot$${credentialName}-g1 by ${issuer.username}`,
  ]);

  // The one that was made by hand is told of, and no longer needed.
  const made = story.sandbox.harbor.robots().find(({ username }) => username === issuer.username);
  const headers = { authorization: `Basic ${btoa(`${admin.username}:${admin.password.reveal()}`)}` };
  await fetch(`${endpoint}/api/v2.0/robots/${made?.id}`, { method: "DELETE", headers });
  await rotate(story, credentialName);
  expect(await robots(story)).toEqual([
    `robot$${own}-g1 by ${issuer.username}`,
    `robot$${credentialName}-g2 by robot$${own}-g1`,
  ]);

  await rotate(story, own, credentialName);
  await rotate(story, credentialName);
  expect(await robots(story)).toEqual([
    `robot$${own}-g2 by robot$${own}-g1`,
    `robot$${credentialName}-g4 by robot$${own}-g2`,
  ]);
  await expectServed(story, "prod-1/team-1");

  const look = await lookAtIssuer(story.tools, credentialName, null);
  const [head, identity] = issuerLines(look, { paint: (_colour, text) => text, ascii: true });
  expect(head).toMatch(/^issuer at Harbor v2\.15\.2.*, rotated by the credential harbor-issuer:$/);
  expect(identity).toMatch(/^ {2}robot\$harbor-issuer-g2-\w+ \(robot, mints and retires\) has 5 of 6 rights/);
});
