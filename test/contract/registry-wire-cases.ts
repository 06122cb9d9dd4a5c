import { inspect } from "node:util";
import { expect } from "vitest";
import { PortError } from "../../core/ports/errors.ts";
import { Secret } from "../../core/secret.ts";
import type { FaultAction } from "../../functions/sandbox/faults.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { pullRobot, type RegistryCase, type RegistryHarness } from "./registry-suite.ts";

const json = { "content-type": "application/json" };
const html = { status: 502, body: "<html>Bad Gateway</html>", headers: { "content-type": "text/html" } };

/** Does the work while requests of the kind are answered so; the fault must have happened. */
async function under<T>(
  harness: RegistryHarness,
  kind: string,
  action: FaultAction,
  work: () => Promise<T>,
): Promise<T> {
  if (harness.wire === null) throw new Error("there is no wire");
  // Past the penalty of whatever was refused before: within it nothing is sent.
  await harness.advanceMs(2000);
  const fault = harness.wire.faults.set({ part: "harbor", kind, action });
  try {
    return await work();
  } finally {
    expect(fault.hits(), `fault on ${kind}`).toBeGreaterThan(0);
    fault.remove();
  }
}

const reply = (status: number, body = "", headers: Readonly<Record<string, string>> = json): FaultAction => ({
  type: "reply",
  status,
  body,
  headers,
});

export const registryWireCases: readonly RegistryCase[] = [
  {
    title: "a lost reply to mint is unreachable, and the robot is there",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const mint = () => expectPortError(harness.registry.mint(pullRobot(name, name)), "unreachable");
      await under(harness, "robot.create", { type: "cut-after" }, mint);
      expect((await harness.registry.list(name)).robots).toHaveLength(1);
      await expectPortError(harness.registry.mint(pullRobot(name, name)), "conflict", "already-exists");
    },
  },
  {
    title: "a request lost on the way is unreachable, and nothing is there",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const mint = () => expectPortError(harness.registry.mint(pullRobot(name, name)), "unreachable");
      await under(harness, "robot.create", { type: "cut-before" }, mint);
      expect((await harness.registry.list(name)).robots).toEqual([]);
    },
  },
  {
    title: "a lost reply to remove is unreachable, and again is success",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const { id } = await harness.registry.mint(pullRobot(name, name));
      const remove = () => expectPortError(harness.registry.remove(id), "unreachable");
      await under(harness, "robot.delete", { type: "cut-after" }, remove);
      await harness.registry.remove(id);
    },
  },
  {
    title: "429 is throttled, and says how long",
    async run(harness) {
      const action = reply(429, "slow down", { "retry-after": "7", "content-type": "text/plain" });
      const error = await under(harness, "robot.list", action, () => portErrorOf(harness.registry.list("x")));
      expect({ kind: error.kind, retryAfterMs: error.retryAfterMs }).toEqual({ kind: "throttled", retryAfterMs: 7000 });
    },
  },
  {
    title: "5xx with or without HTML is unreachable",
    async run(harness, name) {
      for (const action of [{ type: "reply" as const, ...html }, reply(500), reply(503, "{}"), reply(504, "", {})]) {
        await under(harness, "robot.list", action, () => expectPortError(harness.registry.list(name), "unreachable"));
        await under(harness, "robot.create", action, () =>
          expectPortError(harness.registry.mint(pullRobot(name, name)), "unreachable"),
        );
      }
    },
  },
  {
    title: "what is not Harbor's own word decides nothing: a bare 401, 403, 404 or a page",
    async run(harness) {
      const strangers = [
        reply(404, "default backend - 404", { "content-type": "text/plain" }),
        reply(404, "<html>not here</html>", { "content-type": "text/html" }),
        reply(401, "", {}),
        reply(403, "blocked", { "content-type": "text/plain" }),
      ];
      for (const action of strangers) {
        await under(harness, "robot.delete", action, () => expectPortError(harness.registry.remove(1), "unreachable"));
      }
    },
  },
  {
    title: "a portal's page with status 200 is unreachable, and no proof of a deletion",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const { id } = await harness.registry.mint(pullRobot(name, name));
      const action = reply(200, "<html>Sign in</html>", { "content-type": "text/html" });
      await under(harness, "robot.list", action, () => expectPortError(harness.registry.list("x"), "unreachable"));
      await under(harness, "robot.delete", action, () => expectPortError(harness.registry.remove(id), "unreachable"));
    },
  },
  {
    title: "a reply of 10 MB is a bad reply",
    async run(harness) {
      const action = reply(200, `["${"x".repeat(10 * 1024 * 1024)}"]`);
      await under(harness, "robot.list", action, () =>
        expectPortError(harness.registry.list("x"), "invalid", "bad-reply"),
      );
    },
  },
  {
    title: "truncated JSON, JSON of another shape and a short page are bad replies",
    async run(harness, name) {
      const short = { ...json, "x-total-count": "5" };
      for (const action of [reply(200, '[{"id":1,"na'), reply(200, '[{"id":"1"}]'), reply(200, "[]", short)]) {
        await under(harness, "robot.list", action, () =>
          expectPortError(harness.registry.list("x"), "invalid", "bad-reply"),
        );
      }
      await under(harness, "robot.create", reply(201, '{"id":7,"name":"robot$x"}'), () =>
        expectPortError(harness.registry.mint(pullRobot(name, name)), "invalid", "bad-reply"),
      );
    },
  },
  {
    title: "a robot that vanishes between two pages hides no other",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const ids: number[] = [];
      for (let index = 0; index < 150; index += 1) {
        ids.push((await harness.registry.mint(pullRobot(`${name}-g${index}`, name))).id);
      }
      let removing: Promise<void> | undefined;
      const fault = harness.wire?.faults.set({
        part: "harbor",
        kind: "robot.list",
        skip: 1,
        times: 1,
        action: { type: "delay", delayMs: 1 },
        onHit: () => {
          removing = harness.registry.remove(ids[0] ?? 0);
          return removing;
        },
      });
      const { robots } = await harness.registry.list(`${name}-g`);
      await removing;
      expect(fault?.hits()).toBe(1);
      expect(new Set(robots.map(({ id }) => id))).toEqual(new Set(ids));
    },
  },
  {
    title: "an endpoint that fails gives no verdict, and no error",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      const verdictsUnder = async (kind: string, action: FaultAction, repository: string | null) => {
        const scope = { repository, action: "pull" as const };
        const { endpoints } = await under(harness, kind, action, () => harness.registry.probe(robot, scope));
        return new Set(endpoints.map(({ verdict }) => verdict));
      };
      const ownRights: readonly FaultAction[] = [
        { type: "cut-before" },
        { type: "reply", ...html },
        reply(429),
        reply(200, '{"projects":[]}'),
      ];
      for (const action of ownRights) {
        for (const repository of [null, `${name}/app`])
          expect(await verdictsUnder("permissions.current", action, repository)).toEqual(new Set(["unreachable"]));
      }
      const ofNodes: readonly (readonly [string, FaultAction])[] = [
        ["v2.ping", { type: "cut-before" }],
        ["v2.ping", reply(200, "{}")],
        ["v2.ping", reply(401, "", { "www-authenticate": 'Bearer realm="http://evil.example/token",service="x"' })],
        ["token", { type: "cut-before" }],
        ["token", { type: "reply", ...html }],
        ["token", reply(200, "<html>Sign in</html>", { "content-type": "text/html" })],
        ["token", reply(200, '{"token":"no.token.here"}')],
        ["token", reply(401, "<html>proxy</html>", { "content-type": "text/html" })],
        ["token", reply(429)],
      ];
      for (const [kind, action] of ofNodes)
        expect(await verdictsUnder(kind, action, `${name}/app`), `${kind} ${action.type}`).toEqual(
          new Set(["unreachable"]),
        );
      // Where the API is not to be had at an address, a token without a scope is the proof, and fails in the same ways.
      const hidden = harness.wire?.faults.set({
        part: "harbor",
        kind: "permissions.current",
        action: reply(404, "default backend - 404", { "content-type": "text/plain" }),
      });
      try {
        for (const [kind, action] of ofNodes)
          expect(await verdictsUnder(kind, action, null), `${kind} ${action.type}`).toEqual(new Set(["unreachable"]));
      } finally {
        hidden?.remove();
      }
    },
  },
  {
    title: "an address that serves nodes and not the API is asked by a token, and tells the same",
    async run(harness, name) {
      await harness.createProject(name, { public: true });
      const robot = await harness.registry.mint(pullRobot(name, name));
      const wrong = { username: robot.username, password: new Secret("Wrong-secret-1") };
      const path = {
        errors: [{ code: "NOT_FOUND", message: "path /api/v2.0/users/current/permissions was not found" }],
      };
      for (const action of [
        reply(404, "default backend - 404", { "content-type": "text/plain" }),
        reply(404, JSON.stringify(path)),
        reply(403, "blocked", { "content-type": "text/plain" }),
        reply(401, "", {}),
        reply(200, "<html>Sign in</html>", { "content-type": "text/html" }),
      ]) {
        for (const [login, verdict] of [
          [robot, "accepted"],
          [wrong, "refused"],
        ] as const) {
          const { endpoints } = await under(harness, "permissions.current", action, () =>
            harness.registry.probe(login, { repository: `${name}/app`, action: "pull" }),
          );
          expect(new Set(endpoints.map((one) => one.verdict))).toEqual(new Set([verdict]));
        }
      }
    },
  },
  {
    title: "a refused login is asked for once, never with a scope, and not again within its penalty",
    async run(harness, name) {
      const asked = () => [harness.wire?.requests("permissions.current") ?? 0, harness.wire?.requests("token") ?? 0];
      const [logins = 0, tokens = 0] = asked();
      const wrong = { username: `robot$${name}`, password: new Secret("Wrong-secret-1") };
      const probe = () => harness.registry.probe(wrong, { repository: "a/b", action: "pull" });
      const [{ endpoints }] = await Promise.all([probe(), probe(), probe()]);
      await harness.advanceMs(1400);
      expect((await probe()).endpoints).toEqual(endpoints);
      expect(asked()).toEqual([logins + endpoints.length, tokens]);
      await harness.advanceMs(200);
      expect((await probe()).endpoints).toEqual(endpoints);
      expect(asked()).toEqual([logins + 2 * endpoints.length, tokens]);
    },
  },
  {
    title: "a dead issuer is not tried again within its penalty, by whatever call",
    async run(harness) {
      try {
        harness.breakIssuer(true);
        await harness.advanceMs(2000);
        const asked = () => ["robot.list", "robot.get"].map((kind) => harness.wire?.requests(kind) ?? 0);
        const before = asked();
        const calls = [harness.registry.list("x"), harness.registry.read(1), harness.registry.list("y")];
        for (const error of await Promise.all(calls.map((call) => portErrorOf(call))))
          expect([error.kind, error.reason]).toEqual(["denied", "bad-credentials"]);
        // The administrator's one patient retry, and no more.
        const sent = asked().map((count, index) => count - (before[index] ?? 0));
        expect(sent.reduce((sum, count) => sum + count)).toBe(2);
        harness.breakIssuer(false);
        await harness.registry.list("x");
      } finally {
        harness.breakIssuer(false);
      }
    },
  },
  {
    title: "no secret is in anything thrown",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const canary = "Canary-7f3a9c-Secret";
      const robot = await harness.registry.mint(pullRobot(name, name));
      const error = `{"errors":[{"code":"X","message":"${canary}"}]}`;
      const actions: FaultAction[] = [400, 401, 403, 404, 409, 412, 422, 429, 500].map((status) =>
        reply(status, error),
      );
      actions.push(reply(200, canary), reply(201, `{"secret":"${canary}"`), reply(302, canary, { location: canary }));
      actions.push({ type: "cut-before" }, { type: "cut-after" });
      const thrown: unknown[] = [];
      for (const action of actions) {
        for (const [kind, work] of [
          ["robot.create", () => harness.registry.mint(pullRobot(`${name}-${thrown.length}`, name))],
          ["robot.list", () => harness.registry.list(canary)],
          ["robot.get", () => harness.registry.read(robot.id)],
          ["systeminfo", () => harness.registry.whoami()],
        ] as const) {
          await under(harness, kind, action, () => (work() as Promise<unknown>).catch((e: unknown) => thrown.push(e)));
        }
        thrown.push(await under(harness, "audit.list", action, () => harness.registry.usedSince(robot.username, 0)));
      }
      expect(thrown.filter((one) => one instanceof PortError).length).toBeGreaterThanOrEqual(4 * actions.length - 4);
      const shown = thrown.map((one) => inspect(one, { depth: 12, showHidden: true })).join("\n");
      const passwords = [robot.password.reveal(), ...harness.secrets()];
      for (const secret of [canary, ...passwords, ...passwords.map((text) => Buffer.from(text).toString("base64"))]) {
        expect(shown.includes(secret), "a secret shows").toBe(false);
      }
      expect(shown.includes("Basic ")).toBe(false);
    },
  },
];
