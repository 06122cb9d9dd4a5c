import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { matchingLogins, parsePullSecret } from "../../../core/pullsecret/index.ts";
import { type PullerAnswer, type PullerCase, pullerCases } from "../../contract/puller-cases.ts";
import { binariesFolder } from "../binaries.ts";

const pullSecretType = "kubernetes.io/dockerconfigjson";

/** What the kubelet's own code says, all rows at once. */
function asked(cases: readonly PullerCase[]): ReadonlyMap<string, PullerAnswer> {
  const input = cases.map(({ name, image, secrets, types }) => ({
    name,
    image,
    secrets: secrets.map((text, index) => ({
      metadata: { name: `s${index}`, namespace: "n", uid: `u${index}` },
      type: types?.[index] ?? pullSecretType,
      data: { ".dockerconfigjson": Buffer.from(text).toString("base64") },
    })),
  }));
  const ran = spawnSync(join(binariesFolder("puller"), "puller"), ["match"], {
    input: JSON.stringify(input),
    encoding: "utf8",
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return new Map((JSON.parse(ran.stdout) as PullerAnswer[]).map((answer) => [answer.name, withoutIdle(answer)]));
}

/** Without a username it is an anonymous try, whatever the password (containerd's ParseAuth). */
function withoutIdle(answer: PullerAnswer): PullerAnswer {
  const logins = answer.logins.map((login) => (login.username === "" ? { username: "", password: "" } : login));
  return { ...answer, logins };
}

function ours({ name, image, secrets, types }: PullerCase): PullerAnswer {
  const contents = secrets.map((text, index) => parsePullSecret(types?.[index] ?? pullSecretType, text));
  if (contents.some(({ state }) => state === "malformed")) return { name, malformed: true, logins: [] };
  const logins = matchingLogins(contents, image).map((login) => ({
    username: login?.username ?? "",
    password: login?.password.reveal() ?? "",
  }));
  return { name, malformed: false, logins };
}

describe("our rules and the kubelet's", () => {
  const answers = asked(pullerCases);
  it.each(pullerCases)("$name", (one) => {
    expect(ours(one)).toEqual(answers.get(one.name));
  });
});
