import { expectedSignature, type KnownKey } from "../aws/signature.ts";

const prefix = "k8s-aws-v1.";
const charactersMax = 4096;
const lifeMs = 15 * 60_000;
const expiresSecondsMax = 900;
const parameters = new Set([
  "Action",
  "Version",
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-Security-Token",
  "X-Amz-Signature",
  "X-Amz-SignedHeaders",
]);

/**
 * Whose an EKS token is, by the rules of aws-iam-authenticator (clouds.md A5), which the real server has STS
 * finish: here the signature is checked at once. Null: refused.
 */
export function readEksToken(token: string, cluster: string, known: KnownKey, nowMs: number): string | null {
  if (!token.startsWith(prefix) || token.length > charactersMax) return null;
  const text = Buffer.from(token.slice(prefix.length), "base64url").toString("utf8");
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const names = [...url.searchParams.keys()];
  const allowed = names.every((name) => parameters.has(name)) && new Set(names).size === names.length;
  const host = `sts.${known.region}.amazonaws.com`;
  if (!allowed || url.protocol !== "https:" || url.pathname !== "/" || url.host !== host) return null;
  const value = (name: string) => url.searchParams.get(name) ?? "";
  if (value("Action") !== "GetCallerIdentity" || Number(value("X-Amz-Expires")) > expiresSecondsMax) return null;
  const signedHeaders = value("X-Amz-SignedHeaders").split(";");
  if (!signedHeaders.includes("x-k8s-aws-id") || !signedHeaders.includes("host")) return null;
  const dateMs = Date.parse(value("X-Amz-Date").replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, "$1-$2-$3:$4:$5"));
  if (!(Math.abs(nowMs - dateMs) < lifeMs)) return null;
  const [accessKeyId = "", date = "", region = "", service = ""] = value("X-Amz-Credential").split("/");
  if (accessKeyId !== known.accessKeyId || service !== "sts" || region !== known.region) return null;
  const query = new URLSearchParams([...url.searchParams].filter(([name]) => name !== "X-Amz-Signature"));
  const headers = { host, "x-k8s-aws-id": cluster, "x-amz-date": value("X-Amz-Date") };
  const request = { method: "GET", target: "/", query, headers, body: Buffer.alloc(0) };
  const wanted = expectedSignature(request, { date, region, service, signedHeaders }, known.secretAccessKey);
  return wanted === value("X-Amz-Signature") ? accessKeyId : null;
}
