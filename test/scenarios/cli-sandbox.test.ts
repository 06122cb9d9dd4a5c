import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Capstan, type Json, type Running } from "./capstan-process.ts";

const folder = mkdtempSync(join(tmpdir(), "capstan-try-"));
const capstan = new Capstan({ cwd: folder });
let sandbox: Running | null = null;
afterAll(async () => {
  sandbox?.child.kill("SIGKILL");
  await sandbox?.done;
  rmSync(folder, { recursive: true, force: true });
});

/** `export NAME='value'` lines. */
function exported(file: string): Record<string, string> {
  const found = readFileSync(file, "utf8").matchAll(/^export (\w+)='([^']*)'$/gm);
  return Object.fromEntries([...found].map(([, name = "", value = ""]) => [name, value]));
}

it("capstan sandbox runs until Ctrl-C; what it prints leads to a whole rotation in seconds", async () => {
  sandbox = capstan.start(["sandbox", "--clusters", "3", "--namespaces", "2", "--directory", "try", "-o", "json"]);
  let told = "";
  sandbox.child.stderr?.on("data", (text: string) => {
    told += text;
  });
  await expect.poll(() => told, { timeout: 20_000 }).toContain("Ctrl-C ends the sandbox");
  expect(told).toContain("capstan.yaml rotate --wait");
  const config = join(folder, "try", "capstan.yaml");
  expect(statSync(config).mode & 0o777).toBe(0o600);

  const identities = exported(join(folder, "try", "env.sh"));
  const startedMs = performance.now();
  for (const generation of [1, 2]) {
    const rotated = await capstan.json(["--config", config, "rotate", "--wait", "--timeout", "50s"], identities);
    expect({ code: rotated.code, err: rotated.err }).toMatchObject({ code: 0 });
    expect(rotated.data.credentials[0]).toMatchObject({ generation, waits: [], problems: [], failures: [] });
  }
  expect(performance.now() - startedMs).toBeLessThan(45_000);
  await expect.poll(() => told, { timeout: 15_000 }).toMatch(/pulls [1-9]\d*, failed 0/);

  sandbox.child.kill("SIGINT");
  const { code, out } = await sandbox.done;
  expect(code).toBe(130);
  const ended: Json = JSON.parse(out);
  expect(ended).toMatchObject({
    config,
    failed: 0,
    parts: expect.arrayContaining([{ part: "Harbor", url: expect.any(String) }]),
  });
  expect(ended.pulls).toBeGreaterThan(10);
  const secrets = ["harbor-issuer.secret", "harbor-admin.secret", "aws-secret-access-key.secret", "prod-1.token"];
  capstan.expectSilent(secrets.map((name) => readFileSync(join(folder, "try", name), "utf8").trim()));
});
