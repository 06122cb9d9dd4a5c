import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { BundleTarget } from "./targets.ts";

/** Packages that are CommonJS inside ask for these as soon as they are used. */
const banner = [
  "import{createRequire as __cr}from'node:module';import{fileURLToPath as __fu}from'node:url';import{dirname as __dn}from'node:path';",
  "const require=__cr(import.meta.url),__filename=__fu(import.meta.url),__dirname=__dn(__filename);",
].join("\n");

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Builds one artefact into `outFolder`; returns the bundle's size in bytes. What bundles are made of is left in `meta/`. */
export async function bundle(target: BundleTarget, outFolder: string): Promise<number> {
  const outFile = join(outFolder, target.outFile);
  rmSync(dirname(outFile), { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [target.entry],
    outfile: outFile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    minify: true,
    legalComments: "eof",
    banner: { js: banner },
    external: [...target.external],
    metafile: true,
    logLevel: "warning",
  });
  if (target.executable) chmodSync(outFile, 0o755);
  for (const [name, text] of Object.entries(target.files)) writeFileSync(join(outFolder, name), text);
  mkdirSync(join(outFolder, "meta"), { recursive: true });
  writeFileSync(join(outFolder, "meta", `${target.name}.json`), JSON.stringify(metafile));
  return statSync(outFile).size;
}
