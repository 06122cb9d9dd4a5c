import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What EKS gives a pod, as environment of its process. */
export interface WorkloadIdentities {
  /** By EKS Pod Identity: the node's agent (EKS user guide, "container credential provider"). */
  readonly podIdentity: Readonly<Record<string, string>>;
  /** By IRSA: the ServiceAccount's token against a role (STS, AssumeRoleWithWebIdentity). */
  readonly irsa: Readonly<Record<string, string>>;
  /** How often each was asked. */
  readonly asked: { podIdentity: number; irsa: number };
  close(): Promise<void>;
}

const role = "arn:aws:iam::123456789012:role/capstan-edge";
const sessionToken = "a-session-of-the-role";
const xml = { "content-type": "text/xml" };

/** Both endpoints on loopback; they hand out these keys for the tokens of the folder, and refuse every other. */
export async function startWorkloadIdentities(folder: string, keys: Keys): Promise<WorkloadIdentities> {
  const files = { podIdentity: join(folder, "pod-identity-token"), irsa: join(folder, "web-identity-token") };
  writeFileSync(files.podIdentity, "token-for-pod-identity");
  writeFileSync(files.irsa, "token-for-sts");
  const asked = { podIdentity: 0, irsa: 0 };
  const expiration = () => new Date(Date.now() + 3_600_000).toISOString();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/v1/credentials") {
        if (request.headers.authorization !== readFileSync(files.podIdentity, "utf8")) {
          response.writeHead(401).end();
          return;
        }
        asked.podIdentity += 1;
        const { accessKeyId, secretAccessKey } = keys;
        const found = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken };
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ ...found, AccountId: "123456789012", Expiration: expiration() }));
        return;
      }
      const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
      const named = form.get("Action") === "AssumeRoleWithWebIdentity" && form.get("RoleArn") === role;
      if (!named || form.get("WebIdentityToken") !== readFileSync(files.irsa, "utf8")) {
        response
          .writeHead(400, xml)
          .end("<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>");
        return;
      }
      asked.irsa += 1;
      response.writeHead(200, xml).end(assumed(keys, expiration()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    podIdentity: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: files.podIdentity,
    },
    irsa: {
      AWS_ROLE_ARN: role,
      AWS_WEB_IDENTITY_TOKEN_FILE: files.irsa,
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL_STS: url,
    },
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function assumed({ accessKeyId, secretAccessKey }: Keys, expiration: string): string {
  const credentials = [
    `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>`,
    `<SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration>`,
  ].join("");
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>${credentials}</Credentials><AssumedRoleUser><Arn>${role}/x</Arn><AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
}
