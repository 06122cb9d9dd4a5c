import { afterEach } from "vitest";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type Harbor, type HarborOptions, startHarbor } from "../../functions/sandbox/harbor/start-harbor.ts";

/** The sandbox of the test that runs, and its clock. */
export const sandbox: { harbor: Harbor | undefined; nowMs: number } = { harbor: undefined, nowMs: 0 };

afterEach(async () => {
  await sandbox.harbor?.close();
  sandbox.harbor = undefined;
});

/** A Harbor with the private project `alpha` and the image `alpha/app:v1`; closed after the test. */
export async function start(options: Partial<HarborOptions> = {}): Promise<Harbor> {
  sandbox.nowMs = Date.UTC(2027, 0, 15, 8);
  const basics = {
    faults: new FaultBoard(),
    nowMs: () => sandbox.nowMs,
    adminPassword: "Admin-1234",
    failedLoginDelayMs: 1,
  };
  const harbor = await startHarbor({ ...basics, ...options });
  harbor.createProject("alpha", { public: false });
  harbor.pushImage("alpha", "app", "v1", [Buffer.from("a layer")]);
  sandbox.harbor = harbor;
  return harbor;
}

export const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
export const admin = basic("admin", "Admin-1234");
export const pull = [{ kind: "project", namespace: "alpha", access: [{ resource: "repository", action: "pull" }] }];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export async function ask(
  method: string,
  path: string,
  authorization: string | null,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const reply = await fetch(`${sandbox.harbor?.url}${path}`, {
    method,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  const json = /json/.test(reply.headers.get("content-type") ?? "") && text !== "";
  return { status: reply.status, headers: reply.headers, body: json ? JSON.parse(text) : text };
}

/** Text of the first error. */
export const message = (answer: Answer): string | undefined =>
  (answer.body as { errors?: { message: string }[] }).errors?.[0]?.message;

/** A bearer for pulling `alpha/app`. */
export async function bearerOf(authorization: string): Promise<string> {
  const { body } = await ask(
    "GET",
    "/service/token?service=harbor-registry&scope=repository:alpha/app:pull",
    authorization,
  );
  return `Bearer ${(body as { token: string }).token}`;
}

export const manifest = "/v2/alpha/app/manifests/v1";
