import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createKubernetesStore } from "../../core/drivers/kubernetes-store/secret-store.ts";
import type { PortError } from "../../core/ports/errors.ts";
import { Secret } from "../../core/secret.ts";
import type { FaultAction } from "../../functions/sandbox/faults.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { type KubernetesStoreHarness, namespace, startKubernetesStore } from "./kubernetes-store-fixtures.ts";
import { flipRequest, flipThrough, stageEpoch, valueFor } from "./secret-store-fixtures.ts";

const name = "platform-pull";
let it: KubernetesStoreHarness;

beforeEach(async () => {
  it = await startKubernetesStore();
});
afterEach(() => it.close());

const html = { "content-type": "text/html" };
const reply = (status: number, body = "", headers: Record<string, string> = html): FaultAction => ({
  type: "reply",
  status,
  body,
  headers,
});

test("readers find the value alone: the pending one is in a Secret of its own", async () => {
  const [first = ""] = await flipThrough(it.store, name, 1);
  await stageEpoch(it.store, name, 2);
  expect(it.server.secret(namespace, name)?.data).toEqual({ value: valueFor("e1").reveal() });
  expect(Object.keys(it.server.secret(namespace, `${name}-next`)?.data ?? {}).sort()).toContain(`v-${first}`);
});

test("what somebody writes into the value by hand is a version of its own, and can be replaced", async () => {
  const [first] = await flipThrough(it.store, name, 1);
  const other = createKubernetesStore({ ...it.access, fieldManager: "kubectl-edit" });
  await other.flip(name, flipRequest(name, 9, { value: new Secret("by hand"), replaces: first ?? null }));
  const seen = await it.store.readCurrent(name);
  expect(seen?.value.reveal()).toBe("by hand");
  await expectPortError(
    it.store.flip(name, flipRequest(name, 2, { replaces: first ?? null })),
    "conflict",
    "stale-writer",
  );
  await it.store.flip(name, flipRequest(name, 2, { replaces: seen?.versionId ?? null }));
  expect((await it.store.readCurrent(name))?.value.reveal()).toBe(valueFor("e2").reveal());
});

test("absence and lost races are concluded from the API server's own words alone", async () => {
  await flipThrough(it.store, name, 1);
  const rows: readonly (readonly [FaultAction, PortError["kind"]])[] = [
    [reply(404, "<html>no such page</html>"), "invalid"],
    [reply(409, "<html>conflict</html>"), "invalid"],
    [reply(200, "<html>sign in</html>"), "invalid"],
    [reply(200, "{}"), "invalid"],
    [reply(403, "<html>forbidden</html>"), "denied"],
    [reply(429, "slow down", { ...html, "retry-after": "7" }), "throttled"],
    [reply(503, ""), "unreachable"],
    [{ type: "cut-before" }, "unreachable"],
  ];
  for (const [action, kind] of rows) {
    it.faults.clear();
    it.faults.set({ part: "kubernetes", action });
    const errors = await Promise.all([
      portErrorOf(it.store.readCurrent(name)),
      portErrorOf(it.store.listVersions(name)),
      portErrorOf(stageEpoch(it.store, name, 2)),
      portErrorOf(it.ledger.load("prod/x")),
      portErrorOf(it.ledger.save("prod/x", null, "text")),
    ]);
    expect([action, errors.map((error) => error.kind)]).toEqual([action, errors.map(() => kind)]);
    if (kind === "throttled") expect(errors[0]?.retryAfterMs).toBe(7_000);
  }
});

test("a token that is nobody's is bad credentials, a namespace without rights a missing one", async () => {
  const stranger = createKubernetesStore({ ...it.access, token: () => new Secret("nobody's") });
  await expectPortError(stranger.readCurrent(name), "denied", "bad-credentials");
  const elsewhere = createKubernetesStore({ ...it.access, namespace: "default" });
  await expectPortError(elsewhere.readCurrent(name), "denied", "missing-right");
});

test("no error shows a value or the token, whatever the reply echoes", async () => {
  const canary = "cAnArY-value-51c0";
  const value = new Secret(JSON.stringify({ password: canary }));
  for (const action of [
    reply(500, canary),
    reply(400, JSON.stringify({ kind: "Status", reason: canary })),
    reply(200, canary),
  ]) {
    it.faults.clear();
    it.faults.set({ part: "kubernetes", action });
    const error = await portErrorOf(it.store.flip(name, flipRequest(name, 1, { value })));
    expect(`${inspect(error, { depth: 12, showHidden: true })} ${JSON.stringify(error)}`).not.toContain("cAnArY");
  }
});
