#!/usr/bin/env node
import { readFileSync } from "node:fs";
// By its default export: an old Node has no `registerHooks` to import by name.
import nodeModule from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { refuseOldNode } from "../../functions/cli/node-version.ts";
import { ends, type PackedIndex } from "./packed-format.ts";

const self = import.meta.url;

/** The modules of this very file (`pack-modules.ts`) by the address that they get: `…/capstan.mjs?<name>`. */
function readModules(): ReadonlyMap<string, Buffer> {
  const file = readFileSync(fileURLToPath(self));
  const trailer = file.toString("utf8", file.lastIndexOf("\n//") + 3);
  const { start, index } = JSON.parse(trailer) as { readonly start: number; readonly index: PackedIndex };
  let at = start;
  return new Map(
    index.map(([name, length]) => {
      at += length;
      return [`${self}?${name}`, file.subarray(at - length, at)] as const;
    }),
  );
}

const refusal = refuseOldNode(process.versions.node);
if (refusal !== null) {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
} else {
  const modules = readModules();
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      const url = `${self}?${specifier.slice(2)}`;
      const ours = specifier.startsWith("./") && context.parentURL?.startsWith(self) === true && modules.has(url);
      return ours ? { url, format: "module", shortCircuit: true } : next(specifier, context);
    },
    load(url, context, next) {
      const text = modules.get(url);
      if (text === undefined) return next(url, context);
      return {
        format: "module",
        source: text.toString("utf8").replaceAll(ends.inside, ends.comment),
        shortCircuit: true,
      };
    },
  });
  await import(`${self}?main.mjs`);
}
