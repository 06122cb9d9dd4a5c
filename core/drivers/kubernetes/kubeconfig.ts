import { readFileSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { Secret } from "../../secret.ts";
import { type ExecPlugin, readExecPlugin } from "./exec-plugin.ts";
import { kubeconfigError } from "./kubeconfig-error.ts";
import { findNamed, type KubeconfigFields, mergeKubeconfigs } from "./kubeconfig-merge.ts";

export interface KubeconfigOptions {
  /** Files instead of `KUBECONFIG` and the default one; each must exist. */
  readonly files?: readonly string[] | undefined;
  /** Instead of the current context. */
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Commands of exec plugins that may be run (`aws`, `gke-gcloud-auth-plugin`); none by default. */
  readonly allowExec?: readonly string[] | undefined;
}

/** How to reach one cluster. Exactly one of `token`, `tokenFile`, `exec` is there. */
export interface KubeconfigEntry {
  readonly context: string;
  readonly server: string;
  readonly caPem?: string;
  readonly tlsServerName?: string;
  readonly token?: Secret;
  /** To be read again at each use: it rotates. */
  readonly tokenFile?: string;
  readonly exec?: ExecPlugin;
}

/**
 * One context of the kubeconfig files, merged as kubectl merges them: the first file to say something
 * wins; relative paths are relative to the file that says them. Throws `invalid` for what is missing or
 * malformed, `denied` for a way to log in that is not supported (client certificates, passwords, auth
 * providers, exec plugins that are not allowed); the message names file, context and way out, never a value.
 */
export function readKubeconfig(options: KubeconfigOptions): KubeconfigEntry {
  const config = mergeKubeconfigs(loadFiles(options));
  const context = options.context ?? config.currentContext;
  if (!context) throw kubeconfigError("invalid", "no context is named and there is no current-context");
  const chosen = findNamed(config, "contexts", context);
  const cluster = findNamed(config, "clusters", textOf(chosen.fields, "cluster"));
  const user = findNamed(config, "users", textOf(chosen.fields, "user"));
  return { context, ...reachOf(cluster), ...loginOf(user, options) };
}

function loadFiles(options: KubeconfigOptions): { readonly file: string; readonly text: string }[] {
  const named = (options.env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  const files = options.files ?? (named.length > 0 ? named : [join(options.home, ".kube", "config")]);
  const found = files.flatMap((file) => {
    const path = file.startsWith("~/") ? join(options.home, file.slice(2)) : resolve(file);
    try {
      return [{ file: path, text: readFileSync(path, "utf8") }];
    } catch (error) {
      const { code = "unreadable" } = error as NodeJS.ErrnoException;
      // kubectl passes over files of KUBECONFIG that are not there, but not over one asked for.
      if (code === "ENOENT" && options.files === undefined) return [];
      throw kubeconfigError("invalid", `${path} cannot be read (${code})`);
    }
  });
  if (found.length === 0) throw kubeconfigError("invalid", `none of ${files.join(", ")} exists`);
  return found;
}

function reachOf({
  name,
  file,
  fields,
}: KubeconfigFields): Pick<KubeconfigEntry, "server" | "caPem" | "tlsServerName"> {
  const where = `${file}: cluster ${name}`;
  const server = textOf(fields, "server");
  if (server === "") throw kubeconfigError("invalid", `${where} has no server`);
  if (!URL.canParse(server)) throw kubeconfigError("invalid", `${where}: its server is no address`);
  if (fields["insecure-skip-tls-verify"] === true) {
    throw kubeconfigError("invalid", `${where} has insecure-skip-tls-verify; give its certificate-authority instead`);
  }
  if (textOf(fields, "proxy-url") !== "") {
    throw kubeconfigError("invalid", `${where} has a proxy-url; set HTTPS_PROXY and NO_PROXY instead`);
  }
  const inline = textOf(fields, "certificate-authority-data");
  const caFile = textOf(fields, "certificate-authority");
  const tlsServerName = textOf(fields, "tls-server-name");
  const caPem = inline !== "" ? Buffer.from(inline, "base64").toString("utf8") : readBeside(where, file, caFile);
  if (caPem !== undefined && !caPem.includes("-----BEGIN CERTIFICATE-----")) {
    throw kubeconfigError("invalid", `${where}: its certificate authority is no PEM certificate`);
  }
  return {
    server,
    ...(caPem === undefined ? {} : { caPem }),
    ...(tlsServerName === "" ? {} : { tlsServerName }),
  };
}

function loginOf(user: KubeconfigFields, options: KubeconfigOptions): Partial<KubeconfigEntry> {
  const { name, file, fields } = user;
  const where = `${file}: user ${name}`;
  const tokenFile = textOf(fields, "tokenFile");
  if (tokenFile !== "") return { tokenFile: beside(file, tokenFile) };
  const token = textOf(fields, "token");
  if (token !== "") return { token: new Secret(token) };
  if (fields["exec"] !== undefined)
    return { exec: readExecPlugin(where, fields["exec"], file, options.allowExec ?? []) };
  const unsupported = ["client-certificate", "client-certificate-data", "username", "auth-provider"];
  const found = unsupported.find((field) => fields[field] !== undefined);
  const why = found === undefined ? "has no way to log in" : `logs in by ${found}, which is not supported`;
  throw kubeconfigError("denied", `${where} ${why}; use a token, a tokenFile or an exec plugin`);
}

function readBeside(where: string, file: string, path: string): string | undefined {
  if (path === "") return undefined;
  try {
    return readFileSync(beside(file, path), "utf8");
  } catch (error) {
    const { code = "unreadable" } = error as NodeJS.ErrnoException;
    throw kubeconfigError(
      "invalid",
      `${where}: its certificate-authority ${beside(file, path)} cannot be read (${code})`,
    );
  }
}

const beside = (file: string, path: string) => (isAbsolute(path) ? path : join(dirname(file), path));

function textOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}
