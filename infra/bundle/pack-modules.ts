import { ends, type PackedIndex } from "./packed-format.ts";

export interface PackedModule {
  /** As the other modules import it: `./<name>`. */
  readonly name: string;
  readonly text: string;
}

/**
 * One file of several modules: the head, which runs, then a comment with the modules as they are, the
 * licences, and a last line that says where the comment begins. `packed-head.ts` reads it. Throws when a
 * text cannot stand in a comment.
 */
export function packModules(head: string, modules: readonly PackedModule[], notices: string): string {
  const texts = modules.map(({ name, text }) => {
    if (text.includes(ends.inside)) throw new Error(`${name} holds ${ends.inside}`);
    return text.replaceAll(ends.comment, ends.inside);
  });
  const index: PackedIndex = modules.map(({ name }, at) => [name, Buffer.byteLength(texts[at] ?? "")]);
  const start = Buffer.byteLength(head) + "/*".length;
  const licences = `/*\n${notices.replaceAll(ends.comment, "* /")}\n*/\n`;
  const trailer = JSON.stringify({ start, index });
  return `${head}/*${texts.join("")}${ends.comment}\n${licences}//${trailer}\n`;
}
