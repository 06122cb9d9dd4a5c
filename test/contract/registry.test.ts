import { createHash } from "node:crypto";
import { MemoryRegistry } from "../../core/drivers/memory/registry.ts";
import { sandboxRegistry } from "./registry-sandbox.ts";
import { type RegistryHarness, registryContract, wirelessSkips } from "./registry-suite.ts";

const startMs = Date.UTC(2027, 0, 15, 8);

async function memoryHarness(): Promise<RegistryHarness> {
  let nowMs = startMs;
  let drawn = 0;
  const entropy = {
    hex(bytes: number): string {
      drawn += 1;
      return createHash("sha512")
        .update(String(drawn))
        .digest("hex")
        .slice(0, bytes * 2);
    },
  };
  const registry = new MemoryRegistry({ nowMs: () => nowMs, entropy });
  const change = (changes: Partial<MemoryRegistry["state"]>) => {
    registry.state = { ...registry.state, ...changes };
  };
  return {
    version: "v2.15.2",
    registry,
    ofProject(project) {
      const other = new MemoryRegistry({ nowMs: () => nowMs, entropy, project, state: registry.state });
      return other;
    },
    nowMs: () => nowMs,
    clockToleranceMs: 0,
    advanceMs(ms) {
      nowMs += ms;
    },
    createProject: (name, options) => change({ projects: { ...registry.state.projects, [name]: options } }),
    issueAs: (permissions) =>
      change({ issuer: { username: permissions === null ? "admin" : "robot$issuer", accepted: true, permissions } }),
    breakIssuer: (broken) => change({ issuer: { ...registry.state.issuer, accepted: !broken } }),
    setReadOnly: (readOnly) => change({ readOnly }),
    setPrefix: (prefix) => change({ prefix }),
    async disable(id) {
      change({
        robots: registry.state.robots.map((robot) => (robot.id === id ? { ...robot, disabled: true } : robot)),
      });
    },
    async pull(login) {
      registry.notePullNow(login.username);
    },
    setPullAudit: (on) => change({ pullAudit: on }),
    secrets: () => [],
    wire: null,
    close: async () => {},
  };
}

registryContract(
  "MemoryRegistry",
  memoryHarness,
  wirelessSkips("there is no wire between the engine and a registry in memory"),
);
registryContract("Harbor driver against the sandbox", () => sandboxRegistry("v2.15.2"));
