import * as z from "zod";
import { createHarborRegistry } from "../../../core/drivers/harbor/registry.ts";
import type { Login } from "../../../core/ports/registry.ts";
import { FaultBoard } from "../../../functions/sandbox/faults.ts";
import { startHarbor } from "../../../functions/sandbox/harbor/start-harbor.ts";
import { ms, name, nothing, secret, serverMs } from "./shapes.ts";
import { impatientMs, operation, patientMs, type World } from "./world.ts";

const robot = z.strictObject({
  id: z.int().min(1),
  username: name,
  description: z.string(),
  disabled: z.boolean(),
  createdAtMs: ms,
  expiresAtMs: ms.nullable(),
});
const usage = z.discriminatedUnion("verdict", [
  z.strictObject({ verdict: z.literal("quiet") }),
  z.strictObject({ verdict: z.literal("in-use"), lastSeenMs: ms, resource: name.optional() }),
  z.strictObject({ verdict: z.literal("no-evidence"), why: name }),
]);
const verdict = z.enum(["accepted", "refused", "no-right", "unreachable"]);

const request = (label: string) => ({
  name: label,
  description: `capstan ${label}`,
  level: "system" as const,
  durationDays: 30,
  permissions: [{ kind: "project" as const, namespace: "alpha", access: [{ resource: "repository", action: "pull" }] }],
});

export async function openHarbor(): Promise<World> {
  const faults = new FaultBoard();
  const nowMs = () => Date.now();
  const harbor = await startHarbor({ faults, nowMs, adminPassword: "Admin-1234", failedLoginDelayMs: 1 });
  harbor.createProject("alpha", { public: false });
  const issuer = harbor.issuer("minter");
  const driver = (requestTimeoutMs: number) =>
    createHarborRegistry({
      endpoint: harbor.url,
      issuer: () => issuer,
      robotLevel: { level: "system" },
      nowMs,
      sleep: async () => {},
      requestTimeoutMs,
      robotsMax: 500,
    });
  const [good, tested] = [driver(patientMs), driver(impatientMs)];
  const minted = (run: number) => good.mint(request(`pull-g${run}-abc`));
  const alive = (id: number) => harbor.robots().some((one) => one.id === id && one.deletedAtMs === null);
  const scope = { repository: "alpha/app", action: "pull" as const };
  return {
    part: "harbor",
    faults,
    url: harbor.url,
    place: /^harbor: /,
    canaries: () => harbor.secrets().map((one) => ({ name: "a robot's secret", secret: one })),
    close: () => harbor.close(),
    operations: [
      operation<number>({
        name: "mint",
        prepare: async (run) => run,
        call: (run) => tested.mint(request(`pull-g${run}-abc`)),
        shape: robot.omit({ description: true, disabled: true }).extend({ password: secret, serverMs }),
      }),
      operation<{ readonly id: number }>({
        name: "list",
        prepare: minted,
        call: () => tested.list("pull-"),
        shape: z.strictObject({ robots: z.array(robot), serverMs }),
        after: async (_, outcome, mangling) => {
          const empty = outcome.is === "value" && (outcome.value as { robots: unknown[] }).robots.length === 0;
          return empty && mangling.kind !== "json" ? ["says that there are no robots"] : [];
        },
      }),
      operation<{ readonly id: number }>({
        name: "read",
        prepare: minted,
        call: ({ id }) => tested.read(id),
        shape: z.strictObject({ robot, serverMs }),
      }),
      operation<{ readonly id: number }>({
        name: "remove",
        prepare: minted,
        call: ({ id }) => tested.remove(id),
        shape: nothing,
        after: async ({ id }, outcome) =>
          outcome.is === "value" && alive(id) ? ["removed, it says, and the robot lives"] : [],
      }),
      operation<Login>({
        name: "probe",
        prepare: minted,
        call: (login) => tested.probe(login, scope),
        shape: z.strictObject({
          endpoints: z.array(z.strictObject({ endpoint: z.literal(harbor.url), verdict })),
          serverMs,
        }),
      }),
      operation<Login>({
        name: "probe of a dead login",
        prepare: async (run) => {
          const made = await minted(run);
          await good.remove(made.id);
          return made;
        },
        call: (login) => tested.probe(login, scope),
        shape: z.strictObject({
          endpoints: z.array(
            z.strictObject({ endpoint: z.literal(harbor.url), verdict: verdict.exclude(["accepted"]) }),
          ),
          serverMs,
        }),
      }),
      operation({
        name: "whoami",
        call: () => tested.whoami(),
        shape: z.strictObject({ username: z.literal(issuer.username), version: name, readOnly: z.boolean(), serverMs }),
      }),
      operation<Login>({
        name: "usedSince",
        prepare: minted,
        call: ({ username }) => tested.usedSince(username, nowMs() - 60_000),
        shape: usage,
      }),
    ],
  };
}
