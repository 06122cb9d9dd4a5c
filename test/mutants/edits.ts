import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";

/** One piece of a source file, and what stands there instead. */
export interface Edit {
  /** From the repository's root. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Builds with these edits made. Fails when a text to edit is not there, or there twice: a mutant must not rot. */
export function editsPlugin(edits: readonly Edit[]): Plugin {
  return {
    name: "edits",
    setup(build) {
      const open = new Set(edits);
      build.onLoad({ filter: /(core|test)\/.*\.ts$/ }, ({ path }) => {
        const here = edits.filter(({ file }) => path.endsWith(`/${file}`));
        if (here.length === 0) return undefined;
        let contents = readFileSync(path, "utf8");
        for (const edit of here) {
          const times = contents.split(edit.from).length - 1;
          if (times !== 1) throw new Error(`${edit.file} has ${times} times: ${edit.from}`);
          contents = contents.replace(edit.from, () => edit.to);
          open.delete(edit);
        }
        return { contents, loader: "ts" };
      });
      build.onEnd((result) => {
        const [left] = open;
        if (left !== undefined && result.errors.length === 0) throw new Error(`${left.file} is not part of the build`);
      });
    },
  };
}
