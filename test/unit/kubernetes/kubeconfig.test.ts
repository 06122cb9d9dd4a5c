import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { execTokenSource } from "../../../core/drivers/kubernetes/exec-plugin.ts";
import { type KubeconfigOptions, readKubeconfig } from "../../../core/drivers/kubernetes/kubeconfig.ts";
import { Secret } from "../../../core/secret.ts";

const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
let home: string;

interface Parts {
  readonly cluster?: Record<string, unknown>;
  readonly user?: Record<string, unknown>;
  readonly current?: string;
  readonly name?: string;
}

/** JSON is YAML. */
function write(
  file: string,
  { cluster = {}, user = { token: "Kube-token-1" }, current, name = "prod" }: Parts,
): string {
  const path = join(home, file);
  mkdirSync(join(path, ".."), { recursive: true });
  const config = {
    apiVersion: "v1",
    kind: "Config",
    ...(current === undefined ? {} : { "current-context": current }),
    clusters: [{ name, cluster: { server: `https://${name}.example.com`, ...cluster } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

const read = (options: Partial<KubeconfigOptions> = {}) => readKubeconfig({ env: {}, home, ...options });

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "kubeconfig-"));
});
afterAll(() => rmSync(home, { recursive: true }));

describe("which files", () => {
  it("the default file, and its current context", () => {
    write(".kube/config", { current: "prod" });
    expect(read()).toMatchObject({ context: "prod", server: "https://prod.example.com" });
  });

  it("KUBECONFIG before the default, its missing files passed over, the first to say something wins", () => {
    const first = write("a/one", { name: "one", user: { token: "first" } });
    const second = write("a/two", { name: "one", cluster: { server: "https://second.example.com" }, current: "one" });
    const env = { KUBECONFIG: [join(home, "absent"), first, second].join(delimiter) };
    const found = read({ env });
    expect(found).toMatchObject({ context: "one", server: "https://one.example.com" });
    expect(found.token?.reveal()).toBe("first");
  });

  it("files given are used alone, and must exist", () => {
    const file = write("b/config", { name: "b", current: "b" });
    expect(read({ files: [file], env: { KUBECONFIG: join(home, "a/one") } }).context).toBe("b");
    expect(() => read({ files: [file, join(home, "absent")] })).toThrow("absent cannot be read (ENOENT)");
  });

  it("none at all is said", () => {
    expect(() => read({ home: join(home, "nobody") })).toThrow("none of");
  });

  it("a context by name; an unknown one is named with those there are", () => {
    const files = [write("c/one", { name: "one" }), write("c/two", { name: "two" })];
    expect(read({ files, context: "two" }).server).toBe("https://two.example.com");
    expect(() => read({ files, context: "three" })).toThrow('no entry "three" in contexts (there are: one, two)');
    expect(() => read({ files })).toThrow("no current-context");
  });

  it("what is no YAML is named without its content", () => {
    const file = join(home, "broken");
    writeFileSync(file, "users: [{token: Kube-token-1\n  :::");
    expect(() => read({ files: [file] })).toThrow(`${file} is no YAML`);
  });
});

describe("how to reach it", () => {
  it("authority inside, or beside the file", () => {
    const inline = { "certificate-authority-data": Buffer.from(pem).toString("base64") };
    expect(read({ files: [write("d/inline", { cluster: inline, current: "prod" })] }).caPem).toBe(pem);
    writeFileSync(join(home, "d/ca.pem"), pem);
    const beside = { "certificate-authority": "ca.pem", "tls-server-name": "inner.example.com" };
    const found = read({ files: [write("d/beside", { cluster: beside, current: "prod" })] });
    expect(found).toMatchObject({ caPem: pem, tlsServerName: "inner.example.com" });
  });

  it.each([
    [{ server: "" }, "has no server"],
    [{ "insecure-skip-tls-verify": true }, "insecure-skip-tls-verify"],
    [{ "proxy-url": "http://proxy.example.com" }, "set HTTPS_PROXY"],
    [{ "certificate-authority": "absent.pem" }, "absent.pem cannot be read (ENOENT)"],
    [{ "certificate-authority-data": "eA==" }, "is no PEM certificate"],
  ])("%j: %s", (cluster, message) => {
    const files = [write("e/config", { cluster, current: "prod" })];
    expect(() => read({ files })).toThrow(message);
  });
});

describe("how to log in", () => {
  const withUser = (user: Record<string, unknown>, extra: Partial<KubeconfigOptions> = {}) =>
    read({ files: [write("f/config", { user, current: "prod" })], ...extra });

  it("a token, never printed; a token file comes before it, relative to its file", () => {
    expect(JSON.stringify(withUser({ token: "Kube-token-1" }))).not.toContain("Kube-token-1");
    const found = withUser({ token: "Kube-token-1", tokenFile: "secrets/token" });
    expect(found.tokenFile).toBe(join(home, "f/secrets/token"));
    expect(found.token).toBeUndefined();
  });

  it.each([
    [
      { "client-certificate-data": "eA==", "client-key-data": "eA==" },
      "logs in by client-certificate-data, which is not supported",
    ],
    [{ username: "kim", password: "Kube-token-1" }, "logs in by username"],
    [{ "auth-provider": { name: "gcp" } }, "logs in by auth-provider"],
    [{}, "has no way to log in"],
  ])("%j: %s", (user, message) => {
    let thrown = "";
    try {
      withUser(user);
    } catch (error) {
      thrown = String(error);
    }
    expect(thrown).toContain(message);
    expect(thrown).not.toContain("Kube-token-1");
  });

  it("an exec plugin is refused by name unless it is allowed", () => {
    const exec = { command: "aws", args: ["eks", "get-token"], env: [{ name: "AWS_PROFILE", value: "prod" }] };
    expect(() => withUser({ exec })).toThrow("runs the exec plugin aws, which is not allowed here");
    const found = withUser({ exec }, { allowExec: ["aws"] });
    expect(found.exec).toMatchObject({ command: "aws", args: ["eks", "get-token"], env: { AWS_PROFILE: "prod" } });
  });

  it("an exec plugin's path is relative to its file, and allowed as written", () => {
    const found = withUser({ exec: { command: "./bin/login" } }, { allowExec: ["./bin/login"] });
    expect(found.exec?.command).toBe(join(home, "f/bin/login"));
  });
});

describe("exec plugins", () => {
  const plugin = (script: string) => ({
    command: process.execPath,
    args: ["-e", script],
    env: { TOKEN: "Kube-token-2" },
    apiVersion: "client.authentication.k8s.io/v1",
  });
  const source = (script: string) => execTokenSource(plugin(script), { env: process.env, timeoutMs: 5_000 });

  it("the token that it prints, told what is asked", async () => {
    const script =
      "const { apiVersion } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);" +
      "console.log(JSON.stringify({ apiVersion, status: { token: process.env.TOKEN } }))";
    expect(await source(script)()).toEqual(new Secret("Kube-token-2"));
  });

  it("the end of its token goes with it", async () => {
    const status = { token: "Kube-token-2", expirationTimestamp: "2026-11-24T00:00:00Z" };
    const found = await source(`console.log('${JSON.stringify({ status })}')`)();
    expect(found).toEqual({ token: new Secret("Kube-token-2"), untilMs: Date.parse(status.expirationTimestamp) });
  });

  it.each([
    ["console.log('Kube-token-2 is no JSON')", "printed no token"],
    ["console.log('{}')", "printed no token"],
    ["console.error('Kube-token-2'); process.exit(3)", "status 3"],
  ])("%s: %s, without its output", async (script, message) => {
    const error = await source(script)().catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain("Kube-token-2");
  });

  it("one that does not end is stopped", async () => {
    const slow = execTokenSource(plugin("setTimeout(() => {}, 60000)"), { env: process.env, timeoutMs: 300 });
    await expect(slow()).rejects.toThrow("no end within 300 ms");
  });
});
