import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeOptions } from "../../core/app/manifests/agent-pod.ts";
import { readEvent } from "../../core/config/event.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(import.meta.url);
const osls = findOsls();

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: readonly unknown[];
}

function findOsls(): string | null {
  try {
    return require.resolve("osls/bin/serverless.js");
  } catch {
    return null;
  }
}

/** Names in a zip's central directory (APPNOTE 4.3.12). */
function namesIn(zip: Buffer): string[] {
  const names: string[] = [];
  for (let at = zip.indexOf("PK\u0001\u0002"); at >= 0; at = zip.indexOf("PK\u0001\u0002", at + 46)) {
    names.push(zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28)));
  }
  return names;
}

// osls is the largest of the development packages: an installation without it is no failure.
describe.skipIf(osls === null)("serverless.yml, packaged by osls (skipped where osls is not installed)", () => {
  let folder: string;
  let resources: Readonly<Record<string, Resource>>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "capstan-osls-"));
    copyFileSync(join(root, "serverless.yml"), join(folder, "serverless.yml"));
    mkdirSync(join(folder, "dist/aws"), { recursive: true });
    writeFileSync(join(folder, "dist/aws/index.mjs"), "export const handler = async () => ({});\n");
    writeFileSync(join(folder, "capstan.yaml"), "format: 1\n");
    writeFileSync(join(folder, "somebody.secret"), "not to be packed\n");
    // Neither account nor login: what it finds in the environment is this and no more.
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
    execFileSync(process.execPath, [osls ?? "", "package", "--stage", "dev"], { cwd: folder, env, stdio: "pipe" });
    const text = readFileSync(join(folder, ".serverless/cloudformation-template-update-stack.json"), "utf8");
    resources = (JSON.parse(text) as { Resources: typeof resources }).Resources;
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const only = (type: string): Resource => {
    const found = Object.values(resources).filter((resource) => resource.Type === type);
    expect(found).toHaveLength(1);
    return found[0] as Resource;
  };

  it("the function: Node 24 on arm64, the built bundle, its configuration and site", () => {
    expect(only("AWS::Lambda::Function").Properties).toMatchObject({
      Handler: "dist/aws/index.handler",
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Timeout: 300,
      Environment: { Variables: { CAPSTAN_CONFIG: "capstan.yaml", CAPSTAN_SITE: "aws", NODE_OPTIONS: nodeOptions } },
    });
    expect(only("AWS::Logs::LogGroup").Properties).toMatchObject({ RetentionInDays: 30 });
  });

  it("the schedule: every five minutes, with an input that the function takes for a tick", () => {
    const { ScheduleExpression, Target } = only("AWS::Scheduler::Schedule").Properties as {
      ScheduleExpression: string;
      Target: { Input: string };
    };
    expect(ScheduleExpression).toBe("rate(5 minutes)");
    const filled = Target.Input.replace(
      "<aws.scheduler.schedule-arn>",
      "arn:aws:scheduler:eu-central-1:1:schedule/d/t",
    );
    expect(readEvent(JSON.parse(filled))).toEqual({ action: "tick", credentials: [] });
  });

  it("its rights: values and rounds by name, the one table, its own log; nothing else and no deletion", () => {
    const { Policies } = only("AWS::IAM::Role").Properties as {
      Policies: readonly { PolicyDocument: { Statement: readonly Statement[] } }[];
    };
    const statements = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    const rights = Object.fromEntries(statements.map(({ Action, Resource }) => [Action.join(" "), Resource]));
    expect(Object.keys(rights).sort()).toEqual([
      "dynamodb:GetItem dynamodb:PutItem",
      "lambda:InvokeFunction",
      "logs:CreateLogStream logs:CreateLogGroup logs:TagResource",
      "logs:PutLogEvents",
      "secretsmanager:CreateSecret secretsmanager:DescribeSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage",
    ]);
    const scopes = Object.values(rights).flat();
    expect(scopes).not.toContain("*");
    expect(JSON.stringify(scopes)).toContain(":secret:capstan-*");
    expect(JSON.stringify(rights["dynamodb:GetItem dynamodb:PutItem"])).toBe('[{"Fn::GetAtt":["LedgerTable","Arn"]}]');
  });

  it("the ledgers' table: hash key pk, no sort key, kept when the stack goes", () => {
    const table = only("AWS::DynamoDB::Table");
    expect(table.DeletionPolicy).toBe("Retain");
    expect(table.Properties["KeySchema"]).toEqual([{ AttributeName: "pk", KeyType: "HASH" }]);
    expect(table.Properties["AttributeDefinitions"]).toEqual([{ AttributeName: "pk", AttributeType: "S" }]);
  });

  it("the package: the bundle and its configuration, and nothing that lies about", () => {
    const names = namesIn(readFileSync(join(folder, ".serverless/capstan.zip")));
    expect(names.sort()).toEqual(["capstan.yaml", "dist/aws/index.mjs"]);
  });
});
