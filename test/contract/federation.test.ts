import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { lookAtTrusts } from "../../core/app/inspect-trusts.ts";
import { createAssumedRole } from "../../core/drivers/aws-sts/assumed-role.ts";
import type { CloudName, TrustFault } from "../../core/ports/trust.ts";
import { Secret } from "../../core/secret.ts";
import type { FederatedCredential } from "../../functions/sandbox/azure/tenant-identity.ts";
import { portErrorOf } from "./contract-case.ts";
import { runCommand, trustAll } from "./federation-commands.ts";
import {
  application,
  clientId,
  credential,
  type FederationWorld,
  pool,
  roleName,
  secretAccessKey,
  startFederationWorld,
} from "./federation-world.ts";

const hourMs = 3_600_000;
const directions: readonly (readonly [CloudName, CloudName])[] = [
  ["aws", "azure"],
  ["aws", "gcp"],
  ["azure", "aws"],
  ["azure", "gcp"],
  ["gcp", "aws"],
  ["gcp", "azure"],
];

let world: FederationWorld;
beforeAll(async () => {
  world = await startFederationWorld();
});
beforeEach(() => {
  trustAll(world);
});
afterEach(() => {
  world.faults.clear();
  for (const cloud of ["aws", "azure", "gcp"] as const) world.aheadMs[cloud] = 0;
});
afterAll(() => world.close());

const lookFrom = async (from: CloudName, to: CloudName) => {
  const looks = await lookAtTrusts(world.toolsAt(from), credential);
  const found = looks.find(({ site }) => site === to);
  if (found === undefined) throw new Error(`${to} was not looked at`);
  return found;
};

describe.each(directions)("home's runner at %s gets into %s", (from, to) => {
  test("and reads and writes store and ledger there, by one login", async () => {
    const { stores, ledgers } = world.toolsAt(from).ports;
    const [store, ledger] = [stores[to], ledgers[to]];
    await store?.writeRound(`from-${from}`, "one");
    expect(await store?.readRound(`from-${from}`)).toBe("one");
    expect((await ledger?.load(`from-${from}`))?.record).toBeNull();
    expect(await lookFrom(from, to)).toMatchObject({ verdict: "works", from, commands: [] });
  });
});

/** How a trust can be wrong: what is broken, what it is called, and whether commands mend it. */
interface Wrong {
  readonly from: CloudName;
  readonly to: CloudName;
  readonly what: string;
  readonly breakIt: () => void;
  readonly fault: TrustFault;
  readonly says: RegExp;
  /** Expired tokens and client ids that name nothing are not mended by a command. */
  readonly mended?: false;
}

const issuerOf: Readonly<Record<CloudName, () => string>> = {
  aws: () => world.aws.identity.issuer.url,
  azure: () => world.machine.identity.issuer.url,
  gcp: () => "https://accounts.google.com",
};

const entraWrongs = (from: "aws" | "gcp"): readonly Wrong[] => {
  const only = (change: Partial<FederatedCredential>) => () => {
    const mine = world.azure.identity.federated.get(clientId)?.find(({ issuer }) => issuer === issuerOf[from]());
    if (mine !== undefined) world.azure.identity.federated.set(clientId, [{ ...mine, ...change }]);
  };
  const way = { from, to: "azure" as const };
  return [
    {
      ...way,
      what: "issuer",
      breakIt: only({ issuer: "https://elsewhere.example" }),
      fault: "issuer",
      says: /this issuer \(AADSTS700211\)/,
    },
    {
      ...way,
      what: "subject",
      breakIt: only({ subject: "somebody-else" }),
      fault: "subject",
      says: /this subject \(AADSTS700213\)/,
    },
    {
      ...way,
      what: "audience",
      breakIt: only({ audience: "api://other" }),
      fault: "audience",
      says: /this audience \(AADSTS700212\)/,
    },
    {
      ...way,
      what: "no federated credential at all",
      breakIt: () => world.azure.identity.federated.set(clientId, []),
      fault: "issuer",
      says: /no federated credential of the application/,
    },
    {
      ...way,
      what: "no such application",
      breakIt: () => world.azure.identity.federated.delete(clientId),
      fault: "no-federation",
      says: /no application or identity with this client id \(AADSTS700016\)/,
    },
    {
      ...way,
      what: "an expired token",
      breakIt: () => {
        world.aheadMs.azure = 2 * hourMs;
      },
      fault: "expired",
      says: /has expired by the clock of Entra/,
      mended: false,
    },
  ];
};

const roleArn = () => `arn:aws:iam::${world.aws.identity.account}:role/${roleName}`;
const roleWrongs = (from: "azure" | "gcp"): readonly Wrong[] => {
  const change = (suffix: string) => () => {
    const roles = world.aws.identity.roles;
    const wrong = (roles.get(roleArn()) ?? []).map(({ federated, equals }) => ({
      federated,
      equals: Object.fromEntries(
        Object.entries(equals).map(([key, value]) => [key, key.endsWith(suffix) ? "other" : value]),
      ),
    }));
    roles.set(roleArn(), wrong);
  };
  const way = {
    from,
    to: "aws" as const,
    fault: "not-authorized" as const,
    says: /the role does not trust this identity/,
  };
  return [
    { ...way, what: "the subject in the role's trust policy", breakIt: change(":sub") },
    { ...way, what: "the audience in the role's trust policy", breakIt: change(from === "gcp" ? ":oaud" : ":aud") },
    { ...way, what: "no such role", breakIt: () => world.aws.identity.roles.clear() },
    {
      ...way,
      what: "an expired token",
      breakIt: () => {
        world.aheadMs.aws = 30 * hourMs;
      },
      fault: "expired",
      says: /has expired by the clock of AWS/,
      mended: false,
    },
  ];
};

const provider = (name: string) => `${pool}/providers/${name}`;
const poolWrongs = (from: "aws" | "azure"): readonly Wrong[] => {
  const way = { from, to: "gcp" as const };
  const name = provider(`${from}-home`);
  const providers = () => world.gcp.identity.providers;
  const change = (fields: object) => () => {
    const before = providers().get(name);
    if (before !== undefined) providers().set(name, { ...before, ...fields });
  };
  return [
    {
      ...way,
      what: "no pool or provider",
      breakIt: () => providers().clear(),
      fault: "no-federation",
      says: /no such workload identity pool or provider/,
    },
    {
      ...way,
      what: "the attribute condition",
      breakIt: change({ condition: () => false }),
      fault: "subject",
      says: /attribute condition rejects the identity/,
    },
    {
      ...way,
      what: "the service account's users",
      breakIt: () => world.gcp.identity.users.clear(),
      fault: "not-authorized",
      says: /service account guest@\S+ does not let this identity in/,
    },
  ];
};

const wrongs: readonly Wrong[] = [
  ...entraWrongs("aws"),
  ...entraWrongs("gcp"),
  ...roleWrongs("azure"),
  ...roleWrongs("gcp"),
  ...poolWrongs("aws"),
  ...poolWrongs("azure"),
  {
    from: "aws",
    to: "azure",
    what: "outbound federation is off",
    breakIt: () => {
      world.aws.identity.isOutboundEnabled = false;
    },
    fault: "no-token",
    says: /outbound identity federation is off/,
  },
  {
    from: "azure",
    to: "aws",
    what: "no OIDC provider",
    breakIt: () => world.aws.identity.providers.clear(),
    fault: "no-federation",
    says: /no OIDC provider for the issuer/,
  },
  {
    from: "azure",
    to: "aws",
    what: "the audience of the OIDC provider",
    breakIt: () => world.aws.identity.providers.set(issuerOf.azure(), ["api://other"]),
    fault: "audience",
    says: /does not list the audience/,
  },
  {
    from: "aws",
    to: "gcp",
    what: "another AWS account",
    breakIt: () => world.gcp.identity.providers.set(provider("aws-home"), { kind: "aws", accountId: "999999999999" }),
    fault: "issuer",
    says: /expects another AWS account/,
  },
  {
    from: "azure",
    to: "gcp",
    what: "issuer",
    breakIt: () =>
      world.gcp.identity.providers.set(provider("azure-home"), {
        kind: "oidc",
        issuerUri: "https://elsewhere.example",
        allowedAudiences: [application],
      }),
    fault: "issuer",
    says: /expects another issuer/,
  },
  {
    from: "azure",
    to: "gcp",
    what: "audience",
    breakIt: () =>
      world.gcp.identity.providers.set(provider("azure-home"), {
        kind: "oidc",
        issuerUri: issuerOf.azure(),
        allowedAudiences: ["api://other"],
      }),
    fault: "audience",
    says: /does not allow the audience/,
  },
  {
    from: "azure",
    to: "gcp",
    what: "an expired token",
    breakIt: () => {
      world.aheadMs.gcp = 30 * hourMs;
    },
    fault: "expired",
    says: /has expired by the clock of Google/,
    mended: false,
  },
];

describe("a trust that is wrong is named, and the commands that are told make it", () => {
  test.each(wrongs.map((wrong) => [`${wrong.from} → ${wrong.to}: ${wrong.what}`, wrong] as const))(
    "%s",
    async (_, wrong) => {
      wrong.breakIt();
      const look = await lookFrom(wrong.from, wrong.to);
      expect(look).toMatchObject({ verdict: "missing", fault: wrong.fault, text: expect.stringMatching(wrong.says) });
      if (wrong.mended === false) {
        expect(look.commands).toEqual([]);
        return;
      }
      for (const line of look.commands) runCommand(world, line);
      expect(await lookFrom(wrong.from, wrong.to)).toMatchObject({ verdict: "works" });
    },
  );

  test("a managed identity gets no token for an application that its tenant does not have", async () => {
    // Asked for by another URI than elsewhere: a process keeps a managed identity's token for a day.
    const look = async () => {
      const looks = await lookAtTrusts(world.toolsAt("azure", {}, { application: "api://absent" }), credential);
      return looks.find(({ site }) => site === "aws");
    };
    const lacking = await look();
    expect(lacking).toMatchObject({
      verdict: "missing",
      fault: "no-token",
      text: expect.stringContaining("api://absent"),
    });
    for (const line of lacking?.commands ?? []) runCommand(world, line);
    // Now there is a token, and the other cloud is asked.
    const unknown = await look();
    expect(unknown).toMatchObject({ verdict: "missing", fault: "audience" });
    for (const line of unknown?.commands ?? []) runCommand(world, line);
    expect(await look()).toMatchObject({ verdict: "works" });
  });
});

describe("a login that was refused", () => {
  test.each(directions)("from %s into %s stops the calls there and tells no token", async (from, to) => {
    world.aws.identity.roles.clear();
    world.azure.identity.federated.set(clientId, []);
    world.gcp.identity.users.clear();
    const before = world.directory.issued.length;
    const { stores, ledgers } = world.toolsAt(from).ports;
    for (const call of [() => stores[to]?.readCurrent("absent"), () => ledgers[to]?.load("absent")]) {
      const error = await portErrorOf(call() ?? Promise.resolve());
      expect([error.kind, error.reason]).toEqual(["denied", "bad-credentials"]);
      expect(error.message).toMatch(/trust|federated credential|let this identity in/);
      const text = inspect(error, { depth: 12, showHidden: true });
      for (const token of [...world.directory.issued, secretAccessKey])
        expect(text).not.toContain(token.split(".").at(-1));
    }
    // One per exchange. AWS signs for Google instead, and Azure keeps a managed identity's.
    expect(world.directory.issued.length - before).toBe(from === "azure" || (from === "aws" && to === "gcp") ? 0 : 2);
  });

  test("answers that are none are `unreachable`, and say nothing about trust", async () => {
    for (const [part, kind] of [
      ["aws", "AssumeRoleWithWebIdentity"],
      ["azure", "entra.token"],
      ["gcp", "impersonation"],
    ] as const) {
      world.faults.set({ part, kind, action: { type: "cut-before" } });
      const look = await lookFrom(part === "aws" ? "gcp" : "aws", part);
      expect(look).toMatchObject({ verdict: "unknown", commands: [] });
    }
  });
});

test("keys of a role are used until five minutes before their end, then taken anew", async () => {
  let nowMs = Date.now();
  const { aws, gcp } = world;
  const keys = createAssumedRole({
    region: aws.region,
    endpoint: aws.url,
    roleArn: roleArn(),
    sessionName: "capstan",
    token: async () => new Secret(gcp.identity.issueFor("sts.amazonaws.com", Date.now())),
    nowMs: () => nowMs,
  });
  const [one, same] = await Promise.all([keys(), keys()]);
  expect(same).toBe(one);
  const endsMs = one?.endsMs ?? 0;
  expect(endsMs - nowMs).toBeGreaterThan(hourMs - 60_000);
  nowMs = endsMs - 5 * 60_000 - 1;
  expect(await keys()).toBe(one);
  nowMs = endsMs - 5 * 60_000;
  expect((await keys()).accessKeyId).not.toBe(one?.accessKeyId);
});

test("store and ledger of a site share one login, and keep it", async () => {
  const { stores, ledgers } = world.toolsAt("gcp").ports;
  const before = world.aws.counts.get("AssumeRoleWithWebIdentity") ?? 0;
  await Promise.all([stores["aws"]?.readRound("one"), ledgers["aws"]?.load("one")]);
  await stores["aws"]?.readRound("one");
  expect(world.aws.counts.get("AssumeRoleWithWebIdentity")).toBe(before + 1);
});

test("a site's own runner logs in as itself, whatever its federation says", async () => {
  trustAll(world);
  world.aws.identity.roles.clear();
  expect(await world.toolsAt("aws").ports.stores["aws"]?.readRound("own")).toBeNull();
});

test("CAPSTAN_CLOUD says whose identity a machine of no site has", async () => {
  const tools = (cloud: string) => world.toolsAt("aws", { CAPSTAN_CLOUD: cloud });
  expect(tools("gcp").platform).toBe("gcp");
  expect(() => tools("mars")).toThrow(/CAPSTAN_CLOUD is none of aws, azure, gcp/);
});
