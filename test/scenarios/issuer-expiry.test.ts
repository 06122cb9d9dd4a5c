import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lookAtHome } from "../../core/app/inspect.ts";
import { createHarborRegistry } from "../../core/drivers/harbor/registry.ts";
import { credentialName } from "../../functions/sandbox/configuration.ts";
import { dayMs, given, problemsIn, type Story } from "./story.ts";

const rights = (...actions: string[]) => actions.map((action) => ({ resource: "robot", action }));

/** The administrator makes an issuer that lives for so many days, and hands it to the installation. */
async function withIssuerOf(story: Story, durationDays: number): Promise<void> {
  const { endpoint, admin, project } = story.sandbox.describe().harbor;
  const registry = createHarborRegistry({
    endpoint,
    issuer: () => admin,
    robotLevel: { level: "system" },
    nowMs: () => Date.now(),
  });
  const issuer = await registry.mint({
    name: `issuer-${durationDays}`,
    description: "",
    level: "system",
    durationDays,
    permissions: [
      { kind: "system", namespace: "/", access: rights("create", "read", "list", "delete") },
      { kind: "project", namespace: project, access: [{ resource: "repository", action: "pull" }] },
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), "capstan-issuer-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "password");
  writeFileSync(file, issuer.password.reveal());
  await story.configure((configuration) => ({
    ...configuration,
    registries: {
      harbor: {
        ...configuration.registries.harbor,
        issuer: { username: issuer.username, password: `file:${file}` },
      },
    },
  }));
}

async function lookedAt(story: Story): Promise<readonly string[]> {
  const { tools } = story;
  const inputs = {
    nowMs: Date.now(),
    entropy: tools.entropy,
    owner: tools.owners.next,
    deadlineMs: Date.now() + 60_000,
  };
  return (await lookAtHome(tools, credentialName, inputs)).problems.map(({ code }) => code);
}

test("the issuer's own end is named a week before, by a tick and by a look", async () => {
  const story = await given({ clusters: 1, namespaces: 1 });
  await withIssuerOf(story, 9);
  expect(problemsIn(await story.untilIdle()).join()).not.toContain("issuer-expires");
  expect(await lookedAt(story)).not.toContain("issuer-expires");

  story.passes(2.5 * dayMs);
  const told = problemsIn(await story.tick()).filter((problem) => problem.startsWith("issuer-expires"));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^issuer-expires: the issuer robot\$issuer-9 expires in 6 days: prolong it at the registry/);
  expect(await lookedAt(story)).toContain("issuer-expires");
});

test("an issuer that lives for long, or for ever, is no problem", async () => {
  const story = await given({ clusters: 1, namespaces: 1 });
  expect(problemsIn(await story.untilIdle()).join()).not.toContain("issuer-expires");
  await withIssuerOf(story, 300);
  expect(problemsIn(await story.tick()).join()).not.toContain("issuer-expires");
});
