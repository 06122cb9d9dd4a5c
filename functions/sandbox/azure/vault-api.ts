import type { PartReply, PartRequest } from "../listener.ts";
import { type Tokens, tenantId, vaultResource } from "./tokens.ts";
import { listVersions, readDeleted, readSecret } from "./vault-reads.ts";
import type { VaultRecords } from "./vault-records.ts";
import { answerRefusal, badParameter, VaultRefusal } from "./vault-replies.ts";
import { deleteSecret, recoverSecret, setSecret, updateSecret } from "./vault-writes.ts";

/** One call as the routes see it: `base` is the address that ids and links begin with. */
export interface VaultCall {
  readonly request: PartRequest;
  readonly records: VaultRecords;
  readonly base: string;
  readonly name: string;
  /** Empty where the path names none. */
  readonly version: string;
}

const names = /^[0-9a-zA-Z-]{1,127}$/;
const versions = /^[0-9a-f]{32}$/i;
const apiVersions = /^(?:7\.[0-9]+|20\d\d-\d\d-\d\d)(?:-preview(?:\.\d+)?)?$/;

function checkToken(request: PartRequest, tokens: Tokens): void {
  const verdict = tokens.verify(request.headers.authorization, vaultResource);
  if (verdict === "good") return;
  const challenge = `Bearer authorization="https://login.windows.net/${tenantId}", resource="${vaultResource}"`;
  const message = {
    missing: "AKV10000: Request is missing a Bearer or PoP token.",
    unknown: "AKV10001: The token cannot be read or was not signed by a known issuer.",
    expired: "AKV10002: The token has expired.",
    "wrong-audience": "AKV10022: The token was issued for another audience.",
  }[verdict];
  throw new VaultRefusal(401, "Unauthorized", message, { headers: { "www-authenticate": challenge } });
}

function route(call: VaultCall, path: readonly string[]): object {
  const [root, , third] = path;
  const { method } = call.request;
  const at = `${method} ${root} ${path.length}`;
  if (at === "GET secrets 3" && third === "versions") return listVersions(call);
  if (at === "GET secrets 2" || at === "GET secrets 3") return readSecret(call);
  if (at === "PUT secrets 2") return setSecret(call);
  if (at === "PATCH secrets 3") return updateSecret(call);
  if (at === "DELETE secrets 2") return deleteSecret(call);
  if (at === "GET deletedsecrets 2") return readDeleted(call);
  if (at === "POST deletedsecrets 3" && third === "recover") return recoverSecret(call);
  throw new VaultRefusal(405, "MethodNotAllowed", `${method} is not offered here.`);
}

/** Key Vault's secrets API by the documented rules (standins.md §3); everything but the challenge needs a token. */
export function answerVault(
  request: PartRequest,
  records: VaultRecords,
  tokens: Tokens,
  scheme: "http" | "https",
): PartReply {
  const headers = { "x-ms-request-id": crypto.randomUUID(), "x-ms-keyvault-service-version": "1.9.2484.1" };
  try {
    checkToken(request, tokens);
    if (!apiVersions.test(request.query.get("api-version") ?? "")) {
      throw badParameter("api-version is missing or not known.");
    }
    const path = request.path.split("/").filter((part) => part !== "");
    const [root, name = "", third = ""] = path;
    if (!names.test(name)) throw badParameter("The secret's name may have 0-9, a-z, A-Z and - only, 127 at most.");
    const version = root === "secrets" && third !== "versions" ? third : "";
    if (version !== "" && !versions.test(version)) throw badParameter("The version is malformed.");
    const base = `${scheme}://${request.headers.host}`;
    const body = route({ request, records, base, name, version: version.toLowerCase() }, path);
    return { status: 200, headers: { ...headers, "content-type": "application/json; charset=utf-8" }, body };
  } catch (error) {
    if (!(error instanceof VaultRefusal)) throw error;
    const reply = answerRefusal(error);
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }
}
