import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { createAgeIdentity, encryptText } from "../../../core/drivers/local-file/age.ts";
import { createLocalFileLedger } from "../../../core/drivers/local-file/ledger-store.ts";
import { createLocalFileStore } from "../../../core/drivers/local-file/secret-store.ts";
import { Secret } from "../../../core/secret.ts";
import { flipRequest } from "../../contract/secret-store-fixtures.ts";
import { anyPlace, editJson, type JsonEdit, jsonEdits } from "../hostile/json-edits.ts";
import { complaintsAbout, outcomeOf } from "../hostile/verdict.ts";
import { type FuzzProperty, of } from "../property.ts";
import { valueCanary } from "./stores.ts";

type Damage =
  | { readonly how: "cut"; readonly at: number }
  | { readonly how: "bytes"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly how: "contents"; readonly edits: readonly JsonEdit[] };

const damages: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ how: fc.constant("cut" as const), at: anyPlace }),
  fc.record({ how: fc.constant("bytes" as const), at: anyPlace, bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }) }),
  fc.record({ how: fc.constant("contents" as const), edits: jsonEdits }),
);

const value = new Secret(JSON.stringify({ v: "1", password: valueCanary.secret.reveal() }));
const files = ["pull.age", "pull.round", "pull.json"] as const;

/** A damaged file is named and stays; what still reads as ours is ours. */
export const localProperty: FuzzProperty = {
  name: "local files",
  async open() {
    const root = mkdtempSync(join(tmpdir(), "capstan-fuzz-"));
    const { identity } = await createAgeIdentity();
    let run = 0;
    const property = fc.asyncProperty(
      fc.constantFrom(...files),
      damages,
      fc.boolean(),
      async (file, damage, writing) => {
        run += 1;
        const directory = join(root, String(run));
        const options = {
          directory,
          nowMs: () => Date.now(),
          hex: (bytes: number) => randomBytes(bytes).toString("hex"),
        };
        const store = createLocalFileStore({ ...options, identity });
        const ledger = createLocalFileLedger(options);
        const { versionId } = await store.flip("pull", flipRequest("pull", 1, { value }));
        await store.writeRound("pull", "00ff");
        const { revision } = await ledger.save("pull", null, '{"format":1}');

        const path = join(directory, file);
        const plain = file === "pull.age" ? plainOf(versionId) : readFileSync(path, "utf8");
        const bytes = readFileSync(path);
        const at = "at" in damage ? Math.floor(damage.at * bytes.length) : 0;
        if (damage.how === "cut") writeFileSync(path, bytes.subarray(0, at));
        else if (damage.how === "bytes") {
          writeFileSync(
            path,
            Buffer.concat([bytes.subarray(0, at), damage.bytes, bytes.subarray(at + damage.bytes.length)]),
          );
        } else {
          const text = editJson(plain, damage.edits);
          writeFileSync(path, file === "pull.age" ? await encryptText(text, identity, "test") : text);
        }
        const damaged = readFileSync(path);

        const next = flipRequest("pull", 2, { value, replaces: versionId });
        const reads = {
          "pull.age": () => store.readCurrent("pull"),
          "pull.round": () => store.readRound("pull"),
          "pull.json": () => ledger.load("pull"),
        };
        const writes = {
          "pull.age": () => store.flip("pull", next),
          "pull.round": () => store.readRound("pull"),
          "pull.json": () => ledger.save("pull", revision, '{"format":1,"epoch":2}'),
        };
        const outcome = await outcomeOf(writing ? writes[file] : reads[file]);
        const complaints: string[] = [];
        if (outcome.is === "hang") complaints.push("no end in sight");
        if (outcome.is === "error") {
          complaints.push(
            ...complaintsAbout(outcome.error, /^local-file: /, [valueCanary, { name: "identity", secret: identity }]),
          );
          if (!readFileSync(path).equals(damaged)) complaints.push("written over, and refused");
        }
        if (complaints.length > 0) throw new Error(`${file}: ${complaints.join("; ")}`);
      },
    );
    return { property: of(property), close: async () => rmSync(root, { recursive: true }) };
  },
};

/** What stands in the encrypted file, for damage inside it. */
function plainOf(versionId: string): string {
  const version = {
    value: value.reveal(),
    ledgerId: "5f0c2b7a9d3e4c11",
    epoch: 1,
    generation: 1,
    tokens: ["t"],
    createdAtMs: 1,
  };
  return JSON.stringify({ format: 1, current: versionId, versions: { [versionId]: version } });
}
