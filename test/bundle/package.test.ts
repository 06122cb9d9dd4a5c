import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFor } from "./built.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly version: string;
  readonly files: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: object;
};
// The shebang of `bin` asks PATH for node: the one that runs these tests.
const env = { PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter) };

let folder: string;
let installed: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "capstan-package-"));
  const source = join(folder, "source");
  installed = join(folder, "installed");
  for (const made of [source, installed, join(source, "dist")]) mkdirSync(made);
  // A copy: `dist/` of the checkout is somebody else's.
  const built = await buildFor(["cli"]);
  cpSync(dirname(built.path("cli")), join(source, "dist", "cli"), { recursive: true });
  for (const file of ["package.json", ...manifest.files]) {
    const path = join(root, file);
    if (existsSync(path) && statSync(path).isFile()) cpSync(path, join(source, file));
  }
  npm(source, "pack", "--ignore-scripts", "--pack-destination", folder);
  npm(installed, "init", "--yes");
  npm(installed, "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball());
}, 90_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tarball = (): string => join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "none.tgz");

function npm(cwd: string, ...args: string[]): string {
  const own = { ...env, HOME: folder, npm_config_cache: join(folder, "cache"), npm_config_update_notifier: "false" };
  return execFileSync("npm", args, { cwd, env: own, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function capstan(...args: string[]) {
  const own = { ...env, HOME: installed, HARBOR_ISSUER_PASSWORD: "issuer-password" };
  return spawnSync(join(installed, "node_modules", ".bin", "capstan"), args, {
    cwd: installed,
    env: own,
    encoding: "utf8",
  });
}

describe("the package that npm pack makes, installed in an empty folder", () => {
  it("is built before it is packed, holds one file of code, and needs no other package", () => {
    expect(manifest.scripts["prepack"]).toContain("build");
    expect(manifest.dependencies).toBeUndefined();
    const inside = join(installed, "node_modules", "capstan");
    expect(readdirSync(join(inside, "dist", "cli"))).toEqual(["capstan.mjs"]);
    expect(readdirSync(inside)).not.toContain("core");
    expect(readdirSync(join(installed, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["capstan"]);
  });

  it("has a bin that tells its version and helps", () => {
    expect(capstan("--version")).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
    const help = capstan("--help");
    expect(help).toMatchObject({ status: 0, stderr: "" });
    for (const command of ["plan", "rotate", "tick", "status", "rollback", "revoke", "init", "sandbox"])
      expect(help.stdout).toMatch(new RegExp(`^ +${command} `, "m"));
  });

  it("plans without a configuration: 78; inits; plans against a Harbor that is not there: 69", () => {
    expect(capstan("plan")).toMatchObject({ status: 78, stdout: "", stderr: expect.stringContaining("capstan.yaml") });
    const login = ["--issuer", "robot$capstan", "--project", "apps"];
    expect(capstan("init", "--harbor-url", "http://127.0.0.1:1", ...login)).toMatchObject({ status: 0 });
    expect(readdirSync(installed)).toEqual(expect.arrayContaining(["age.key", "capstan.schema.json", "capstan.yaml"]));
    const planned = capstan("plan", "-o", "json");
    expect(planned.status).toBe(69);
    expect(JSON.parse(planned.stdout)).toMatchObject({ exitCode: 69, credentials: [{ credential: "platform-pull" }] });
    expect(planned.stdout + planned.stderr).not.toContain("issuer-password");
  });
});
