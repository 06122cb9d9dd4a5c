import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { MemoryCluster } from "../../../core/drivers/memory/cluster.ts";
import { Secret } from "../../../core/secret.ts";

const login = { username: "robot$a", password: new Secret("Memory-secret-1") };
const logins = { "harbor.example.com": login };

function served(): MemoryCluster {
  const cluster = new MemoryCluster({ fieldManager: "capstan-memory" });
  cluster.addNamespace("a");
  const empty = cluster.createEmptySecretNow("a", "pull", { ours: "yes" });
  cluster.applySecretNow({ ...empty, logins, annotations: { mark: "1" }, labels: { ours: "yes" }, force: false });
  return cluster;
}

/** Fails on any write to a value that the cluster has handed out. */
function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !(value instanceof Secret)) {
    for (const inner of Object.values(value)) freeze(inner);
    Object.freeze(value);
  }
  return value;
}

describe("a cluster in memory is one value", () => {
  it("a kept world is not changed by what follows, and can be put back", () => {
    const cluster = served();
    const kept = freeze(cluster.state);
    const before = cluster.readSecretNow("a", "pull");
    cluster.deleteSecretOutside("a", "pull");
    cluster.writeOutside("a", "pull", { text: "{}" });
    cluster.removeNamespace("a");
    expect(cluster.readSecretNow("a", "pull")).toBeNull();
    cluster.state = kept;
    expect(cluster.readSecretNow("a", "pull")).toEqual(before);
  });

  it("two worlds from one go their own ways", () => {
    const state = freeze(served().state);
    const [left, right] = [1, 2].map(() => new MemoryCluster({ fieldManager: "capstan-memory", state }));
    left?.deleteSecretOutside("a", "pull");
    expect(left?.readSecretNow("a", "pull")).toBeNull();
    expect(right?.readSecretNow("a", "pull")).not.toBeNull();
  });

  it("a refusal leaves it as it was", () => {
    const cluster = served();
    const kept = cluster.state;
    expect(() => cluster.createEmptySecretNow("a", "pull", {})).toThrow("already-exists");
    expect(() => cluster.deleteSecretNow("a", "pull", "other", "1")).toThrow("wrong-uid");
    expect(cluster.state).toBe(kept);
  });

  it("the same steps give the same value", () => {
    expect(served().state).toEqual(served().state);
  });

  it("it is plain data, and printing it shows no secret", () => {
    const { state } = served();
    const plain = (value: unknown): boolean =>
      value instanceof Secret ||
      typeof value !== "object" ||
      value === null ||
      ((Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) &&
        Object.values(value).every(plain));
    expect(plain(state)).toBe(true);
    const auth = Buffer.from("robot$a:Memory-secret-1").toString("base64");
    for (const text of [JSON.stringify(state), inspect(state, { depth: 12 })]) {
      expect(text).not.toContain("Memory-secret-1");
      expect(text).not.toContain(auth);
    }
  });
});
