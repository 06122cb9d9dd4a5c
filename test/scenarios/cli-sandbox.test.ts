import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { builtCli } from "../bundle/built.ts";
import { Capstan, type Json, type Running } from "./capstan-process.ts";

const folder = mkdtempSync(join(tmpdir(), "capstan-try-"));
let capstan: Capstan;
let sandbox: Running | null = null;
beforeAll(async () => {
  capstan = new Capstan({ cwd: folder, entry: await builtCli() });
});
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

it("capstan sandbox runs until Ctrl-C; what it prints leads to whole rotations", async () => {
  sandbox = capstan.start(["sandbox", "--clusters", "3", "--namespaces", "2", "--directory", "try", "-o", "json"]);
  let told = "";
  sandbox.child.stderr?.on("data", (text: string) => {
    told += text;
  });
  await expect.poll(() => told, { timeout: 60_000 }).toContain("Ctrl-C ends the sandbox");
  expect(told).toContain("capstan.yaml rotate --wait");
  const config = join(folder, "try", "capstan.yaml");
  expect(statSync(config).mode & 0o777).toBe(0o600);

  const identities = exported(join(folder, "try", "env.sh"));
  for (const generation of [1, 2]) {
    const rotated = await capstan.json(["--config", config, "rotate", "--wait", "--timeout", "3m"], identities);
    expect({ code: rotated.code, err: rotated.err }).toMatchObject({ code: 0 });
    expect(rotated.data.credentials[0]).toMatchObject({ generation, waits: [], problems: [], failures: [] });
  }
  await expect.poll(() => told, { timeout: 60_000 }).toMatch(/pulls [1-9]\d*, failed 0/);

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
