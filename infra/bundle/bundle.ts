import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { type PackedModule, packModules } from "./pack-modules.ts";
import type { BundleTarget } from "./targets.ts";

/** Packages that are CommonJS inside ask for these as soon as they are used. */
const banner = [
  "import{createRequire as __cr}from'node:module';import{fileURLToPath as __fu}from'node:url';import{dirname as __dn}from'node:path';",
  "const require=__cr(import.meta.url),__filename=__fu(import.meta.url),__dirname=__dn(__filename);",
].join("\n");

const shared = {
  absWorkingDir: fileURLToPath(new URL("../../", import.meta.url)),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22",
  minify: true,
  metafile: true,
  write: false,
  logLevel: "warning",
} as const satisfies BuildOptions;

interface Built {
  readonly text: string;
  readonly metafile: Metafile;
}

/**
 * Builds one artefact into `outFolder`; returns the bundle's size in bytes. What it is made of is left in
 * `meta/`. `plugins`: for tests that build a broken product on purpose.
 */
export async function bundle(
  target: BundleTarget,
  outFolder: string,
  plugins: readonly Plugin[] = [],
): Promise<number> {
  const { text, metafile } = target.onDemand ? await buildOnDemand(target) : await buildWhole(target, plugins);
  const outFile = join(outFolder, target.outFile);
  rmSync(dirname(outFile), { recursive: true, force: true });
  mkdirSync(dirname(outFile), { recursive: true });
  writeFileSync(outFile, text);
  if (target.executable) chmodSync(outFile, 0o755);
  for (const [name, content] of Object.entries(target.files)) writeFileSync(join(outFolder, name), content);
  mkdirSync(join(outFolder, "meta"), { recursive: true });
  writeFileSync(join(outFolder, "meta", `${target.name}.json`), JSON.stringify(metafile));
  return Buffer.byteLength(text);
}

async function buildWhole({ entry, external }: BundleTarget, plugins: readonly Plugin[]): Promise<Built> {
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: [entry],
    outfile: "index.mjs",
    plugins: [...plugins],
    banner: { js: banner },
    external: [...external],
    // Licences of what is inside stay inside.
    legalComments: "eof",
  });
  return { text: outputFiles[0]?.text ?? "", metafile };
}

/** One file still, but only the modules that a call needs are compiled: compiling all takes 130 ms. */
async function buildOnDemand({ entry, external }: BundleTarget): Promise<Built> {
  const split = await build({
    ...shared,
    entryPoints: { main: entry },
    outdir: "modules",
    splitting: true,
    chunkNames: "[hash]",
    outExtension: { ".js": ".mjs" },
    banner: { js: banner },
    external: [...external],
    legalComments: "external",
  });
  const head = await build({
    ...shared,
    entryPoints: [fileURLToPath(new URL("./packed-head.ts", import.meta.url))],
    outfile: "head.mjs",
    legalComments: "none",
  });
  const modules: PackedModule[] = [];
  const notices: string[] = [];
  for (const { path, text } of split.outputFiles) {
    if (path.endsWith(".LEGAL.txt")) notices.push(text);
    else modules.push({ name: path.slice(path.lastIndexOf("/") + 1), text });
  }
  return { text: packModules(head.outputFiles[0]?.text ?? "", modules, notices.join("\n")), metafile: split.metafile };
}
