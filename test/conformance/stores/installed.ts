import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runToEnd } from "../processes.ts";

/** Versions that the table of deviations was written against. */
const motoVersion = "5.2.5";
const azuriteVersion = "3.37.0";

const cache = fileURLToPath(new URL("../../../node_modules/.cache/capstan-conformance/", import.meta.url));

/** A program to start, or why there is none. */
export type Installed =
  | { readonly is: "there"; readonly program: string }
  | { readonly is: "absent"; readonly why: string };

async function ends(command: string, args: readonly string[], cwd: string): Promise<boolean> {
  return (await runToEnd(command, args, { cwd, stdio: ["ignore", 2, 2] })) === 0;
}

/** moto's server in a virtual environment of its own; from PyPI the first time. */
export async function installMoto(): Promise<Installed> {
  const folder = join(cache, `moto-${motoVersion}`);
  const program = join(folder, "bin", "moto_server");
  if (existsSync(program)) return { is: "there", program };
  mkdirSync(cache, { recursive: true });
  if (!(await ends("python3", ["-m", "venv", folder], cache))) {
    return { is: "absent", why: "no python3 that can make a virtual environment" };
  }
  const packages = [`moto==${motoVersion}`, "flask", "flask-cors"];
  if (!(await ends(join(folder, "bin", "pip"), ["install", "--quiet", ...packages], cache))) {
    return { is: "absent", why: "moto cannot be installed from PyPI" };
  }
  return { is: "there", program };
}

/** azurite's blob server, from npm the first time. It has 366 MB, so it is no dependency. */
export async function installAzurite(): Promise<Installed> {
  const folder = join(cache, `azurite-${azuriteVersion}`);
  const program = join(folder, "node_modules", "azurite", "dist", "src", "blob", "main.js");
  if (existsSync(program)) return { is: "there", program };
  mkdirSync(folder, { recursive: true });
  const args = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--silent", `azurite@${azuriteVersion}`];
  if (!(await ends("npm", args, folder))) return { is: "absent", why: "azurite cannot be installed from npm" };
  return { is: "there", program };
}
