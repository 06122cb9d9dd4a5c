import { badRequest } from "./refusal.ts";

const credentialFields = { type: "string", access_key: "string", access_secret: "string" } as const;

/** Fields of a registry's body, for binding; `POST` reads them, policies embed them. */
export const registryFields = {
  id: "int64",
  name: "string",
  type: "string",
  url: "string",
  description: "string",
  insecure: "bool",
  ca_certificate: "string",
  credential: { struct: "RegistryCredential", fields: credentialFields },
  status: "string",
} as const;

const connectionFields = {
  url: "string",
  insecure: "bool",
  ca_certificate: "string",
  credential_type: "string",
  access_key: "string",
  access_secret: "string",
} as const;

/** `PUT` is flat. */
export const updateFields = { name: "string", description: "string", ...connectionFields } as const;
export const pingFields = { id: "int64", type: "string", ...connectionFields } as const;

export function checkEndpointName(name: string): void {
  if (name === "") throw badRequest("name cannot be empty");
  if (Buffer.byteLength(name) > 64) throw badRequest("the max length of name is 64");
}

/** An address as Harbor keeps it: scheme, host and path, without slashes at its end. */
export function endpointAddress(given: string): string {
  const bare = given.replace(/^ +| +$/g, "").replace(/\/+$/, "");
  if (bare === "") throw badRequest("empty string");
  const address = bare.includes("://") ? bare : `http://${bare}`;
  const [, scheme = "", rest = ""] = /^([^:]*):\/\/(.*)$/.exec(address) ?? [];
  if (scheme !== "http" && scheme !== "https") throw badRequest(`invalid HTTP scheme: ${scheme}`);
  return `${scheme}://${rest.replace(/[?#].*$/, "")}`;
}
