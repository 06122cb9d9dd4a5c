import { afterAll, beforeAll, expect, test } from "vitest";
import { loadExchanges } from "../../contract/harbor-replay.ts";
import { LiveHarbor } from "./live-harbor.ts";

/** Recorded refusals of `POST /robots`: they make nothing, and so can be asked of any Harbor. */
const refusals = loadExchanges("03-robots-create").filter(
  ({ name, request, response }) =>
    (response?.status ?? 0) >= 400 &&
    typeof request?.body === "object" &&
    request.body !== null &&
    request.headers["Authorization"]?.startsWith("Basic base64(admin:<") &&
    // It needs the robot that the one before it made.
    response?.status !== 409 &&
    !/duplicate/.test(name),
);

const project = `contract-refusals-${Date.now()}`;
const live = new LiveHarbor(project);
const differences: string[] = [];
beforeAll(() => live.createProject(project, { public: false }));
afterAll(async () => {
  const shown = differences.length === 0 ? "none" : `\n${differences.map((line) => `  ${line}`).join("\n")}`;
  process.stdout.write(`conformance: refusals that differ from the recording of 2.15.2: ${shown}\n`);
  await live.cleanUp();
});

test.for(refusals.map((exchange) => [exchange.name, exchange] as const))(
  "%s",
  async ([name, { request, response }]) => {
    const body = JSON.stringify(request?.body).replaceAll('"alpha"', `"${project}"`);
    const type = request?.headers["Content-Type"];
    const login = { username: live.admin, password: live.password };
    const reply = await live.send(login, "POST", "/api/v2.0/robots", Buffer.from(body), type);
    const text = (await reply.text()).trim();
    const recorded = JSON.stringify(response?.body ?? "").replaceAll("alpha", project);
    const own = text === "" ? '""' : text;
    if (reply.status !== response?.status || own !== recorded)
      differences.push(`${name}: ${reply.status} ${text}, recorded ${response?.status} ${recorded}`);
    // Another version may say it otherwise; what was refused is refused.
    expect(reply.status, text).toBeGreaterThanOrEqual(400);
  },
);
