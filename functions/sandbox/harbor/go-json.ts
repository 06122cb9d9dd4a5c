/** A JSON value as Go's decoder meets it: numbers as they are written, keys in their order. */
export type GoJson =
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, GoJson])[] }
  | { readonly kind: "array"; readonly items: readonly GoJson[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "null" };

/** What Go says of a text that is no JSON. */
export class GoSyntaxError extends Error {}

/** One byte in quotes, as the decoder prints it. */
function quoted(byte: string): string {
  if (byte === "'") return "'\\''";
  if (byte === '"') return "'\"'";
  return `'${JSON.stringify(byte).slice(1, -1)}'`;
}

/** Words for a value that is not finished. */
const cutShort = () => new GoSyntaxError("unexpected EOF");

class Scanner {
  /** A byte to each character. */
  readonly #text: string;
  #at = 0;

  constructor(body: Buffer) {
    this.#text = body.toString("latin1");
  }

  /** The next byte that is no blank; undefined at the end. */
  peek(): string | undefined {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
    return this.#text[this.#at];
  }

  #invalid(where: string): GoSyntaxError {
    const byte = this.#text[this.#at];
    return byte === undefined ? cutShort() : new GoSyntaxError(`invalid character ${quoted(byte)} ${where}`);
  }

  #take(wanted: string, where: string): void {
    if (this.#text[this.#at] !== wanted) throw this.#invalid(where);
    this.#at += 1;
  }

  value(): GoJson {
    const first = this.peek();
    if (first === "{") return this.#object();
    if (first === "[") return this.#array();
    if (first === '"') return { kind: "string", value: this.#string() };
    if (first !== undefined && /[-0-9]/.test(first)) return { kind: "number", text: this.#number() };
    const word = ["true", "false", "null"].find((known) => known[0] === first);
    if (word === undefined) throw this.#invalid("looking for beginning of value");
    for (const letter of word) this.#take(letter, `in literal ${word} (expecting '${letter}')`);
    return word === "null" ? { kind: "null" } : { kind: "bool", value: word === "true" };
  }

  #object(): GoJson {
    const entries: (readonly [string, GoJson])[] = [];
    this.#at += 1;
    if (this.peek() === "}") this.#at += 1;
    else
      for (;;) {
        if (this.peek() !== '"') throw this.#invalid("looking for beginning of object key string");
        const key = this.#string();
        this.peek();
        this.#take(":", "after object key");
        entries.push([key, this.value()]);
        if (this.peek() === ",") this.#at += 1;
        else {
          this.#take("}", "after object key:value pair");
          break;
        }
      }
    return { kind: "object", entries };
  }

  #array(): GoJson {
    const items: GoJson[] = [];
    this.#at += 1;
    if (this.peek() === "]") this.#at += 1;
    else
      for (;;) {
        items.push(this.value());
        if (this.peek() === ",") this.#at += 1;
        else {
          this.#take("]", "after array element");
          break;
        }
      }
    return { kind: "array", items };
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const byte = this.#text[this.#at];
      if (byte === undefined || byte < " ") throw this.#invalid("in string literal");
      this.#at += 1;
      if (byte === '"') break;
      if (byte !== "\\") continue;
      const code = this.#text[this.#at];
      if (code === undefined || !'bfnrt\\/"u'.includes(code)) throw this.#invalid("in string escape code");
      this.#at += 1;
      for (let digit = 0; code === "u" && digit < 4; digit += 1) {
        if (!/[0-9a-f]/i.test(this.#text[this.#at] ?? "")) throw this.#invalid("in \\u hexadecimal character escape");
        this.#at += 1;
      }
    }
    const bytes = Buffer.from(this.#text.slice(start, this.#at), "latin1");
    return JSON.parse(bytes.toString("utf8")) as string;
  }

  #digits(where: string): void {
    if (!/\d/.test(this.#text[this.#at] ?? "")) throw this.#invalid(where);
    while (/\d/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  #number(): string {
    const start = this.#at;
    if (this.#text[this.#at] === "-") this.#at += 1;
    // A number that begins with 0 ends there.
    if (this.#text[this.#at] === "0") this.#at += 1;
    else this.#digits("in numeric literal");
    if (this.#text[this.#at] === ".") {
      this.#at += 1;
      this.#digits("after decimal point in numeric literal");
    }
    if (/[eE]/.test(this.#text[this.#at] ?? "")) {
      this.#at += 1;
      if (/[-+]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
      this.#digits("in exponent of numeric literal");
    }
    return this.#text.slice(start, this.#at);
  }
}

/**
 * The first value of a body, as `json.Decoder` reads it: what follows is never looked at. Null: nothing but blanks.
 * Throws `GoSyntaxError` with Go's words.
 */
export function readGoJson(body: Buffer): GoJson | null {
  const scanner = new Scanner(body);
  return scanner.peek() === undefined ? null : scanner.value();
}

/** The same as a plain value. */
export function plainOf(json: GoJson): unknown {
  switch (json.kind) {
    case "object":
      return Object.fromEntries(json.entries.map(([key, value]) => [key, plainOf(value)]));
    case "array":
      return json.items.map(plainOf);
    case "number":
      return Number(json.text);
    case "null":
      return null;
    default:
      return json.value;
  }
}
