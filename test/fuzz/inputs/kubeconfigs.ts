import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { readKubeconfig } from "../../../core/drivers/kubernetes/kubeconfig.ts";
import { Secret } from "../../../core/secret.ts";
import { editJson, jsonEdits } from "../hostile/json-edits.ts";
import { hostileText } from "../hostile/texts.ts";
import { complaintsAbout } from "../hostile/verdict.ts";
import { type FuzzProperty, of } from "../property.ts";

const token = { name: "the token", secret: new Secret("t0kEn~in-a-kubeconfig") };
const good = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "prod",
  contexts: [{ name: "prod", context: { cluster: "c", user: "u", namespace: "web" } }],
  clusters: [{ name: "c", cluster: { server: "https://10.0.0.1:6443", "tls-server-name": "kubernetes" } }],
  users: [
    { name: "u", user: { token: token.secret.reveal() } },
    { name: "v", user: { exec: { command: "aws", args: ["eks"], env: [{ name: "A", value: "b" }] } } },
  ],
});

/** An entry whose fields are texts, or an error that names the file and quotes none of it but names. */
export const kubeconfigProperty: FuzzProperty = {
  name: "kubeconfig files",
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "capstan-fuzz-"));
    const file = join(folder, "config");
    const texts = fc.oneof(
      { weight: 4, arbitrary: jsonEdits.map((edits) => editJson(good, edits)) },
      { weight: 1, arbitrary: fc.nat({ max: good.length }).map((length) => good.slice(0, length)) },
      { weight: 1, arbitrary: hostileText },
    );
    const property = fc.property(texts, fc.option(hostileText, { nil: undefined }), (text, context) => {
      writeFileSync(file, text);
      let entry: ReturnType<typeof readKubeconfig>;
      try {
        entry = readKubeconfig({ files: [file], context, env: {}, home: folder, allowExec: ["aws"] });
      } catch (error) {
        // Names of contexts, clusters and users are told: who wrote them into a configuration wants to find them.
        const complaints = complaintsAbout(error, /config/, [token]).filter((one) => !one.includes("planted text"));
        if (complaints.length > 0) throw new Error(complaints.join("; "));
        return;
      }
      const { server, tokenFile, exec } = entry;
      const ways = [entry.token, tokenFile, exec].filter((way) => way !== undefined);
      if (!URL.canParse(server) || ways.length !== 1) throw new Error("no entry");
    });
    return { property: of(property), close: async () => rmSync(folder, { recursive: true }) };
  },
};
